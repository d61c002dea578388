// Enough of MIME (RFC 2045–2047, 2231 charset aside) to show a message to a person: its header, its texts, the names of
// its attachments. It reads bytes as they are stored and decodes nothing that is not shown.

export interface MailPart {
  type: string;
  filename: string | null;
  size: number;
  /** Of text parts only. */
  text: string | null;
}
export interface Mail {
  headers: { name: string; value: string }[];
  text: string | null;
  html: string | null;
  attachments: MailPart[];
}

const MOST_DEPTH = 10;
const MOST_PARTS = 200;

const binary = (bytes: Uint8Array) => {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
};
const toBytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));

function decodeCharset(bytes: Uint8Array, charset: string): string {
  try {
    return new TextDecoder(charset || 'utf-8').decode(bytes);
  } catch {
    return new TextDecoder('utf-8').decode(bytes);
  }
}

function unBase64(text: string): Uint8Array {
  try {
    return toBytes(atob(text.replace(/[^A-Za-z0-9+/=]/g, '')));
  } catch {
    return toBytes(text);
  }
}

/** Without the blanks at a line's end. Backwards from there: an expression would try each blank of a long run anew. */
function withoutTail(line: string): string {
  const end = line.endsWith('\r') ? line.length - 1 : line.length;
  let kept = end;
  while (kept > 0 && (line[kept - 1] === ' ' || line[kept - 1] === '\t')) kept -= 1;
  return line.slice(0, kept) + line.slice(end);
}

const unQuote = (text: string) =>
  toBytes(text.split('\n').map(withoutTail).join('\n').replace(/=\r?\n/g, '').replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))));

/** RFC 2047: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= */
export function decodeWords(value: string): string {
  return value
    .replace(/(=\?[^?]+\?[bqBQ]\?[^?]*\?=)\s+(?==\?)/g, '$1')
    .replace(/=\?([^?*]+)(?:\*[^?]*)?\?([bqBQ])\?([^?]*)\?=/g, (_, charset: string, how: string, text: string) =>
      decodeCharset(how.toLowerCase() === 'b' ? unBase64(text) : unQuote(text.replace(/_/g, ' ')), charset));
}

function splitHead(raw: string): { headers: { name: string; value: string }[]; body: string } {
  const end = /(^|\r?\n)\r?\n/.exec(raw);  // a part may have no header at all
  const head = end ? raw.slice(0, end.index) : raw;
  const headers = head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/).flatMap((line) => {
    const colon = line.indexOf(':');
    return colon > 0 ? [{ name: line.slice(0, colon), value: line.slice(colon + 1).trim() }] : [];
  });
  return { headers, body: end ? raw.slice(end.index + end[0].length) : '' };
}

const find = (headers: { name: string; value: string }[], name: string) =>
  headers.find((header) => header.name.toLowerCase() === name)?.value ?? '';

function parameter(value: string, name: string): string | null {
  // RFC 2231 §3: a long value comes in numbered pieces.
  const pieces = [...value.matchAll(new RegExp(`;\\s*${name}\\*(\\d+)(\\*?)=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]*))`, 'gi'))]
    .sort((one, other) => Number(one[1]) - Number(other[1]));
  if (pieces.length > 0) {
    const whole = pieces.map(([, , encoded, quoted, bare]) => (encoded ? (bare ?? '') : encodeURIComponent((quoted ?? bare ?? '').replace(/\\(.)/g, '$1')))).join('');
    try {
      return decodeURIComponent(whole.replace(/^[^'%]*'[^']*'/, ''));
    } catch {
      return whole;
    }
  }
  const extended = new RegExp(`;\\s*${name}\\*=([^;]+)`, 'i').exec(value);
  if (extended) {
    const [, , encoded] = /^([^']*)'[^']*'(.*)$/.exec(extended[1]!.trim()) ?? [];
    try {
      if (encoded) return decodeURIComponent(encoded);
    } catch {
      // Not what it says it is: the plain parameter is next.
    }
  }
  const plain = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]+))`, 'i').exec(value);
  return plain ? decodeWords((plain[1] ?? plain[2] ?? '').replace(/\\(.)/g, '$1')) : null;
}

function walk(raw: string, mail: Mail, depth: number) {
  if (depth > MOST_DEPTH || mail.attachments.length > MOST_PARTS) return;
  const { headers, body } = splitHead(raw);
  const contentType = find(headers, 'content-type') || 'text/plain';
  const type = contentType.split(';')[0]!.trim().toLowerCase();
  if (type.startsWith('multipart/')) {
    const boundary = parameter(contentType, 'boundary');
    if (!boundary) return;
    // The line break before a boundary belongs to it, not to the part.
    const line = new RegExp(`\n--${boundary.replace(/[^\w\s]/g, '\\$&')}(?=(?:--)?[ \t]*(?:\n|$))`);
    const parts = `\r\n${body}`.replace(/\r?\n/g, '\n').split(line);
    for (const part of parts.slice(1)) {
      if (part.startsWith('--')) break;
      walk(part.replace(/^[ \t]*\r?\n/, ''), mail, depth + 1);
    }
    return;
  }
  const disposition = find(headers, 'content-disposition');
  const filename = parameter(disposition, 'filename') ?? parameter(contentType, 'name');
  const encoding = find(headers, 'content-transfer-encoding').toLowerCase();
  const isText = (type === 'text/plain' || type === 'text/html') && !/^attachment/i.test(disposition);
  if (!isText) {
    mail.attachments.push({ type, filename, size: encoding === 'base64' ? Math.floor((body.replace(/[^A-Za-z0-9+/]/g, '').length * 3) / 4) : body.length, text: null });
    return;
  }
  const decoded = encoding === 'base64' ? unBase64(body) : encoding === 'quoted-printable' ? unQuote(body) : toBytes(body);
  const text = decodeCharset(decoded, parameter(contentType, 'charset') ?? 'utf-8').replace(/\r\n/g, '\n');
  if (type === 'text/html') mail.html ??= text;
  else mail.text ??= text;
}

export function parseMail(bytes: Uint8Array): Mail {
  const raw = binary(bytes);
  const mail: Mail = { headers: [], text: null, html: null, attachments: [] };
  mail.headers = splitHead(raw).headers.map(({ name, value }) => ({ name, value: decodeWords(decodeCharset(toBytes(value), 'utf-8')) }));
  walk(raw, mail, 0);
  return mail;
}
