// What the audit log's words stand for: "connection:3" is a connection with a name and a page.
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { AuditRecord, Connection } from '../api/types';
import { known, t, tn, unturned } from '../lib/i18n';

interface Thing {
  words: string;
  /** Where it is seen, if it is. */
  page?: string;
}

const counted = (text: string) => Number.parseInt(text, 10) || 0;

/** What an object's code names; null for one that says enough itself. */
export function thingOf(code: string, connections: Connection[]): Thing | null {
  const colon = code.indexOf(':');
  const [kind, name] = colon < 0 ? [code, ''] : [code.slice(0, colon), code.slice(colon + 1)];
  const connection = connections.find(({ id }) => String(id) === name);
  switch (kind) {
    case 'email': return { words: `${t('audit.an_email')} ${name}`, page: `/queue?open=${encodeURIComponent(name)}` };
    case 'connection': return connection ? { words: connection.caption || connection.host, page: `/connections?open=${connection.id}` } : { words: `${t('audit.a_connection')} ${name}`.trim() };
    case 'queue': return { words: tn('audit.emails', counted(name)) };
    case 'routing': return { words: tn('audit.rules', counted(name)), page: '/connections?tab=rules' };
    case 'user': return { words: name, page: '/users' };
    case 'api_key': return { words: `${t('audit.a_key')} ${name}`, page: '/api-keys' };
    case 'submission_login': return { words: t('audit.a_login', { name }), page: '/smtp-logins' };
    case 'lane': return { words: t('audit.a_lane', { name }) };
    case 'settings': return { words: t('audit.settings'), page: '/settings' };
    case 'delivery': return { words: t('audit.delivery') };
    default: return null;
  }
}

/** Words for people and, small beside them, the code that programs and filters go by. */
function Both({ words, code, children }: { words: string; code: string; children?: ReactNode }) {
  return <div className="cut" title={unturned(`${words} (${code})`)}>{children ?? unturned(words)} <span className="mono faint tiny">{unturned(code)}</span></div>;
}

export function Action({ code }: { code: string }) {
  const words = known('did', code);
  return words === undefined ? <div className="cut" title={code}>{code}</div> : <Both words={words} code={code} />;
}

export function Thing({ code, connections }: { code: string; connections: Connection[] }) {
  const thing = thingOf(code, connections);
  if (!thing) return <div className="cut soft" title={unturned(code)}>{unturned(code)}</div>;
  return <Both words={thing.words} code={code}>{thing.page && <Link className="underlined" href={thing.page}>{unturned(thing.words)}</Link>}</Both>;
}

/** A phone has no columns for who did it and why: both stand below what it was done to. */
export function WhoAndWhy({ record: { by, reason, detail } }: { record: AuditRecord }) {
  const text = unturned([by, reason ?? detail].filter(Boolean).join(': '));
  return <div className="phone-only tiny"><span className="cut" title={text}>{text}</span></div>;
}
