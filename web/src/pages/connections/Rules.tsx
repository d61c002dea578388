// Routing rules narrow the choice of a connection. They are asked from the top; the first that fits decides.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ArrowDown, ArrowUp, Plus, Route, Trash2 } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { api, ok } from '../../api/client';
import { ApiError } from '../../api/problem';
import type { Connection, RoutingRule, RoutingRules } from '../../api/types';
import { complaintOf } from '../../lib/errors';
import { t } from '../../lib/i18n';
import { useConnections, useDelivery, useRefreshOn } from '../../lib/lookups';
import { useRights } from '../../lib/session';
import { say } from '../../lib/toasts';
import { useDiscard } from '../../ui/Discard';
import { SelectField, TextField } from '../../ui/form';
import { Bones, Choice, Empty, Failure, Note } from '../../ui/kit';
import { NotSaved } from '../../ui/NotSaved';

const RULES = ['routing-rules'];

const readRules = () => ok(api.GET('/api/v1/routing-rules'));

export function Rules() {
  useRefreshOn('connections', RULES);
  const rules = useQuery({ queryKey: RULES, queryFn: readRules });
  if (rules.error && !rules.data) return <Failure error={rules.error} retry={() => void rules.refetch()} />;
  if (!rules.data) return <Bones />;
  return <Editor stored={rules.data} />;
}

const blank = (): RoutingRule => ({ sender_domain: null, recipient_domain: null, lane: null, tag: null, connection_ids: [], otherwise: 'wait' });
const CONDITIONS = ['recipient_domain', 'sender_domain', 'lane', 'tag'] as const;

/** The connections, and those the rule names that are there no more: they can only be taken out. */
const choices = (connections: Connection[], rule: RoutingRule) => [
  ...connections.map(({ id, caption, host }) => ({ id, name: caption || host })),
  ...rule.connection_ids.filter((id) => connections.length > 0 && !connections.some((one) => one.id === id)).map((id) => ({ id, name: t('rules.gone', { id }) })),
];

/** A rule with a name of its own for as long as it is on the screen: it may be moved, and its number be another's. */
interface Line {
  key: number;
  rule: RoutingRule;
}

let lines = 0;
const lineOf = (rule: RoutingRule): Line => ({ key: ++lines, rule });
const rulesOf = (of: Line[]) => of.map(({ rule }) => rule);

/** What the server said of a rule that is still as it was sent, wherever it stands by now. */
function complaintsAbout({ key, rule }: Line, error: unknown, sent: Line[] | undefined) {
  const at = sent?.findIndex((line) => line.key === key && line.rule === rule) ?? -1;
  if (at < 0 || !(error instanceof ApiError)) return [];
  return error.fields.filter(({ pointer }) => pointer.startsWith(`/rules/${at}/`) || pointer === `/rules/${at}`);
}

/** Which button has the focus once rules have changed their places. */
type Focus = { key: number; button: 'up' | 'down' | 'remove' } | 'add' | null;

function useFocusAfter() {
  const list = useRef<HTMLDivElement>(null);
  const wanted = useRef<Focus>(null);
  useEffect(() => {
    const focus = wanted.current;
    wanted.current = null;
    if (!focus || !list.current) return;
    // At an end of the list a button has nothing more to do; its neighbour has.
    const names = focus === 'add' ? ['[data-add]'] : [focus.button, 'up', 'down'].map((button) => `[data-rule="${focus.key}"] [data-button="${button}"]`);
    names.flatMap((name) => list.current!.querySelector<HTMLButtonElement>(name) ?? []).find(({ disabled }) => !disabled)?.focus();
  });
  return { list, focus: (next: Focus) => { wanted.current = next; } };
}

function Editor({ stored }: { stored: RoutingRules }) {
  const queries = useQueryClient();
  const rights = useRights();
  const connections = useConnections().data ?? [];
  const lanes = useDelivery().data?.lanes ?? [];
  const [opened, setOpened] = useState(stored);
  const [rules, setRules] = useState(() => stored.rules.map(lineOf));
  const { list, focus } = useFocusAfter();
  const dirty = JSON.stringify(rulesOf(rules)) !== JSON.stringify(opened.rules);
  const { question } = useDiscard(dirty);
  const begin = (present: RoutingRules) => {
    setOpened(present);
    setRules(present.rules.map(lineOf));
  };
  // What others change is taken over, unless something was changed here: then it is the server's to notice, by the version.
  if (!dirty && stored.version > opened.version) begin(stored);
  const save = useMutation({
    mutationFn: (sent: Line[]) => ok(api.PUT('/api/v1/routing-rules', { body: { version: opened.version, rules: rulesOf(sent) } })),
    onSuccess: (answer) => { begin(answer); queries.setQueryData(RULES, answer); say(t('action.saved')); },
  });
  const set = ({ key }: Line, change: Partial<RoutingRule>) => setRules(rules.map((line) => (line.key === key ? { key, rule: { ...line.rule, ...change } } : line)));
  const without = (line: Line) => rules.filter((other) => other !== line);
  const move = (line: Line, by: -1 | 1) => {
    const at = rules.indexOf(line);
    const next = without(line);
    next.splice(at + by, 0, line);
    setRules(next);
    focus({ key: line.key, button: by < 0 ? 'up' : 'down' });
  };
  const remove = (line: Line) => {
    const at = rules.indexOf(line);
    const next = rules[at + 1] ?? rules[at - 1];
    setRules(without(line));
    focus(next ? { key: next.key, button: 'remove' } : 'add');
  };
  const incomplete = rules.some(({ rule }) => rule.connection_ids.length === 0);

  return (
    <div className="stack narrow wide-narrow" ref={list}>
      <p className="hint">{t('rules.help')}</p>
      {rules.length === 0 && <div className="card"><Empty icon={Route} title={t('rules.empty')}>{t('rules.empty_help')}</Empty></div>}
      <ol className="stack">
        {rules.map((line, at) => {
          const { key, rule } = line;
          return (
            <li key={key} data-rule={key} className="card rule" aria-label={t('rules.rule', { n: at + 1 })}>
              <div className="line">
                <b className="strong grow">{t('rules.rule', { n: at + 1 })}</b>
                {rights.manage && <>
                  <button type="button" data-button="up" className="button plain square little" aria-label={t('rules.up', { n: at + 1 })} disabled={at === 0} onClick={() => move(line, -1)}><ArrowUp aria-hidden /></button>
                  <button type="button" data-button="down" className="button plain square little" aria-label={t('rules.down', { n: at + 1 })} disabled={at === rules.length - 1} onClick={() => move(line, 1)}><ArrowDown aria-hidden /></button>
                  <button type="button" data-button="remove" className="button plain square little danger" aria-label={t('rules.remove', { n: at + 1 })} onClick={() => remove(line)}><Trash2 aria-hidden /></button>
                </>}
              </div>
              {complaintsAbout(line, save.error, save.variables).map((complaint) => <Note key={complaint.pointer} tone="bad">{complaintOf(complaint)}</Note>)}
              <fieldset disabled={!rights.manage} className="stack">
                <legend className="only-read">{t('rules.rule', { n: at + 1 })}</legend>
                <div className="two">
                  {CONDITIONS.map((name) => (
                    <TextField key={name} label={t(`rules.${name}`)} placeholder={t('rules.any')} value={rule[name] ?? ''} list={name === 'lane' ? 'known-lanes' : undefined}
                      onChange={(event) => set(line, { [name]: event.target.value || null })} onBlur={() => set(line, { [name]: rule[name]?.trim() || null })} />
                  ))}
                </div>
                <div className="field" role="group" aria-label={t('rules.connections')}>
                  <span className="label">{t('rules.connections')}</span>
                  <div className="line wraps roomy">
                    {choices(connections, rule).map(({ id, name }) => (
                      <Choice key={id} label={name} checked={rule.connection_ids.includes(id)} disabled={!rights.manage}
                        onChange={(on) => set(line, { connection_ids: on ? [...rule.connection_ids, id] : rule.connection_ids.filter((other) => other !== id) })} />
                    ))}
                  </div>
                  {rule.connection_ids.length === 0 && <span className="hint">{t('rules.choose')}</span>}
                </div>
                <SelectField label={t('rules.otherwise')} value={rule.otherwise} onChange={(event) => set(line, { otherwise: event.target.value as RoutingRule['otherwise'] })}
                  options={(['wait', 'any'] as const).map((value) => ({ value, label: t(`rules.otherwise_${value}`) }))} />
              </fieldset>
            </li>
          );
        })}
      </ol>
      <datalist id="known-lanes">{lanes.map((lane) => <option key={lane} value={lane} />)}</datalist>
      {save.error && <NotSaved error={save.error} title={t('rules.not_saved')} read={readRules} onRead={(present) => { begin(present); queries.setQueryData(RULES, present); save.reset(); }} />}
      {rights.manage && (
        <div className="line wraps">
          <button type="button" className="button" data-add onClick={() => setRules([...rules, lineOf(blank())])}><Plus aria-hidden />{t('rules.add')}</button>
          <span className="grow" />
          {dirty && <button type="button" className="button plain" onClick={() => begin(stored)}>{t('action.reset')}</button>}
          <button type="button" className="button first" disabled={!dirty || incomplete || save.isPending} onClick={() => save.mutate(rules)}>{t('rules.save')}</button>
        </div>
      )}
      {question}
    </div>
  );
}
