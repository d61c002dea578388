import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useForm } from 'react-hook-form';
import { api, ok } from '../../api/client';
import { ApiError } from '../../api/problem';
import type { Connection, Preset } from '../../api/types';
import { messageOf } from '../../lib/errors';
import { known, t, word } from '../../lib/i18n';
import { CONNECTIONS } from '../../lib/lookups';
import { say } from '../../lib/toasts';
import { spread, zodResolver } from '../../lib/zodResolver';
import { useDiscard } from '../../ui/Discard';
import { Fold, SelectField, TextField } from '../../ui/form';
import { Choice, Failure, Note, Segments } from '../../ui/kit';
import { NotSaved } from '../../ui/NotSaved';
import { Drawer } from '../../ui/overlay/Drawer';
import { Logo } from './Logo';
import { lastReason, LIMITS } from './connection';
import { asksPassword, fromPreset, schema, testsAlike, toChanges, toCreate, toForm, type FormValues } from './settings';
import { ReplyRulesPart } from './ReplyRules';
import { TestButton, TestPanel, type Tested } from './TestPanel';

interface Props {
  open: boolean;
  connection: Connection | null;
  all: Connection[];
  onClose: () => void;
  onSaved: (saved: Connection) => void;
}

const FIELDS = [
  'caption', 'host', 'port', 'encryption', 'username', 'password', 'send_from', 'send_from_name', 'priority', 'weight', 'timezone', 'max_sessions',
  'max_messages_per_session', 'auth', 'ca_file', 'profile', 'reply_rules', ...LIMITS.map((name) => `limits.${name}`),
];

/** The fields under "More settings" that can be wrong. */
const MORE = ['priority', 'weight', 'max_sessions', 'max_messages_per_session', 'auth', 'ca_file'] as const;

export function ConnectionForm({ open, connection, all, onClose, onSaved }: Props) {
  const queries = useQueryClient();
  const [wrong, setWrong] = useState<string | null>(null);
  // The connection as it was opened: what others change meanwhile is the server's to notice, by its version.
  const [opened, setOpened] = useState(connection);
  const nextPriority = Math.max(0, ...all.map((one) => one.priority)) + 10;
  const form = useForm<FormValues>({ resolver: zodResolver(schema()), defaultValues: toForm(opened, nextPriority) });
  const { errors, isDirty, submitCount } = form.formState;
  const { close, release, question } = useDiscard(isDirty, onClose);
  const values = form.watch();
  const passwordAgain = asksPassword(values, opened);

  const place = (error: unknown) =>
    setWrong(error instanceof ApiError ? spread(error, FIELDS, (field, complaint) => form.setError(field as 'host', complaint, { shouldFocus: true })) : messageOf(error));
  const guard = (next: FormValues) => {
    setWrong(null);
    if (!asksPassword(next, opened)) return true;
    form.setError('password', { message: t('connections.password_again') }, { shouldFocus: true });
    return false;
  };

  const save = useMutation({
    mutationFn: (next: FormValues) =>
      opened
        ? ok(api.PATCH('/api/v1/connections/{id}', { params: { path: { id: opened.id } }, body: { ...toChanges(next, opened), version: opened.version } }))
        : ok(api.POST('/api/v1/connections', { body: toCreate(next) })),
    onSuccess: async (saved) => {
      await queries.invalidateQueries({ queryKey: CONNECTIONS });
      say(opened ? t('action.saved') : t('connections.created', { caption: saved.caption || saved.host }));
      release();
      onSaved(saved);
    },
    onError: place,
  });
  const test = useMutation<Tested, Error, FormValues>({
    mutationFn: async (next) => {
      const report = opened
        ? await ok(api.POST('/api/v1/connections/{id}/test', { params: { path: { id: opened.id } }, body: toChanges(next, opened) }))
        : await ok(api.POST('/api/v1/connections/test', { body: toCreate(next) }));
      return { report, encryption: next.encryption, username: next.username, sentTo: '' };
    },
    onError: (error) => { if (error instanceof ApiError && error.fields.length) place(error); },
  });
  // A check mark that outlives the settings it was given for would praise what nobody has tried.
  const outdated = test.variables !== undefined && !testsAlike(test.variables, values);
  useEffect(() => {
    if (outdated) test.reset();
  }, [outdated]);

  /** Anew, from what the connection has become. */
  const begin = (present: Connection) => {
    setOpened(present);
    form.reset(toForm(present, nextPriority));
    setWrong(null);
    save.reset();
    test.reset();
  };
  const submit = form.handleSubmit((next) => { if (guard(next)) save.mutate(next); });
  const tryOut = form.handleSubmit((next) => { if (guard(next)) test.mutate(next); });
  const choose = (preset: Preset) => {
    for (const [field, value] of Object.entries(fromPreset(preset))) form.setValue(field as 'host', value as string, { shouldDirty: true });
    form.clearErrors();
    test.reset();
  };
  const text = (name: 'caption' | 'host' | 'username' | 'send_from' | 'send_from_name' | 'timezone' | 'ca_file', hint?: string) => (
    <TextField label={t(`connections.${name}`)} hint={hint} error={errors[name]?.message} spellCheck={false} {...form.register(name)} />
  );
  const figure = (name: 'port' | 'priority' | 'weight' | 'max_sessions' | 'max_messages_per_session', hint?: string) => (
    <TextField label={t(`connections.${name}`)} hint={hint} inputMode="numeric" error={errors[name]?.message} {...form.register(name)} />
  );
  const inert = opened?.enabled ? lastReason(opened, all) : undefined;

  return (
    <Drawer open={open} onClose={close} title={opened ? t('connections.edit', { caption: opened.caption || opened.host }) : t('connections.new')} sub={opened ? undefined : <p>{t('connections.new_help')}</p>}
      foot={<>
        <button type="button" className="button first" disabled={save.isPending} onClick={() => void submit()}>{opened ? t('action.save') : t('connections.create')}</button>
        <TestButton test={test} onTest={() => void tryOut()} />
        <span className="grow" />
        <button type="button" className="button plain" onClick={close}>{t('action.cancel')}</button>
      </>}>
      <form noValidate onSubmit={submit}>
        <TestPanel test={test} />
        {wrong && (save.error && opened
          ? <NotSaved error={save.error} title={t('connections.not_saved')} read={() => ok(api.GET('/api/v1/connections/{id}', { params: { path: { id: opened.id } } }))} onRead={begin}>{wrong}</NotSaved>
          : <Note tone="bad" title={save.error ? t('connections.not_saved') : undefined}>{wrong}</Note>)}
        {!opened && <Presets onChoose={choose} />}
        <div className="stack">
          {text('caption')}
          <div className="two">{text('host')}{figure('port')}</div>
          <div className="field">
            <span className="label">{t('connections.encryption')}</span>
            <Segments label={t('connections.encryption')} value={values.encryption} onChange={(value) => form.setValue('encryption', value, { shouldDirty: true })}
              options={(['tls', 'ssl', 'none'] as const).map((value) => ({ value, label: word('encryption', value) }))} />
            <span className="hint">{t(`connections.encryption_${values.encryption}`)}</span>
          </div>
          <div className="two">
            {text('username')}
            <TextField label={t('connections.password')} type="password" autoComplete="new-password" placeholder={opened?.has_password ? '••••••••••••' : ''} error={errors.password?.message}
              hint={passwordAgain ? (errors.password ? undefined : t('connections.password_again')) : opened?.has_password ? t('connections.password_keep') : t('connections.password_hint')} {...form.register('password')} />
          </div>
          <div className="two">{text('send_from', t('connections.send_from_hint'))}{text('send_from_name')}</div>
          <Choice label={t('users.enabled')} checked={values.enabled} disabled={!!inert} hint={inert} onChange={(on) => form.setValue('enabled', on, { shouldDirty: true })} />
        </div>
        <Fold title={t('limits.title')} wrong={!!(errors.limits ?? errors.timezone)} tries={submitCount}>
          <div className="stack">
            <div className="three">
              {LIMITS.map((name) => <TextField key={name} label={t(`limits.${name}`)} inputMode="numeric" placeholder={t('limits.unlimited')} error={errors.limits?.[name]?.message} {...form.register(`limits.${name}`)} />)}
            </div>
            <div className="two">
              <SelectField label={t('limits.over')} options={(['wait', 'spill'] as const).map((value) => ({ value, label: t(`limits.over_${value}`) }))} {...form.register('over_limit')} />
              {text('timezone', t('limits.zone_hint'))}
            </div>
          </div>
        </Fold>
        <Fold title={t('connections.more')} wrong={MORE.some((name) => errors[name])} tries={submitCount}>
          <div className="stack">
            <div className="two">{figure('priority', t('connections.priority_hint'))}{figure('weight', t('connections.weight_hint'))}</div>
            <div className="two">{figure('max_sessions')}{figure('max_messages_per_session', t('connections.messages_hint'))}</div>
            <div className="two">
              <SelectField label={t('connections.auth')} options={(['auto', 'plain', 'login', 'cram_md5', 'scram_sha_256', 'xoauth2'] as const).map((value) => ({ value, label: word('auth', value) }))} {...form.register('auth')} />
              <SelectField label={t('connections.on_doubt')} hint={t('connections.on_doubt_hint')} options={(['retry', 'hold'] as const).map((value) => ({ value, label: t(`connections.on_doubt_${value}`) }))} {...form.register('on_doubt')} />
            </div>
            <Choice label={t('connections.verify')} checked={values.verify_certificate} onChange={(on) => form.setValue('verify_certificate', on, { shouldDirty: true })} />
            {!values.verify_certificate && <Note tone="warn">{t('connections.verify_off')}</Note>}
            {text('ca_file', t('connections.ca_file_hint'))}
          </div>
        </Fold>
        <ReplyRulesPart form={form} />
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
      {question}
    </Drawer>
  );
}

/** What stands for no provider has no name of its own. */
const inWords = (preset: Preset): Preset =>
  preset.id === 'generic' ? { ...preset, name: t('connections.another_server'), hint: t('connections.another_server_help') }
    : { ...preset, hint: known('preset_hint', preset.id) ?? preset.hint };

function Presets({ onChoose }: { onChoose: (preset: Preset) => void }) {
  const presets = useQuery({ queryKey: ['presets'], queryFn: async () => (await ok(api.GET('/api/v1/connections/presets'))).items, staleTime: Infinity });
  const [chosen, setChosen] = useState<Preset | null>(null);
  if (!presets.data) return presets.error ? <Failure error={presets.error} retry={() => void presets.refetch()} /> : <div className="bone tall" />;
  return (
    <div className="stack tight">
      <div className="presets" role="group" aria-label={t('connections.provider')}>
        {presets.data.map(inWords).map((preset) => (
          <button key={preset.id} type="button" className="preset" aria-pressed={chosen?.id === preset.id} onClick={() => { setChosen(preset); onChoose(preset); }}>
            <Logo of={preset.name} /><span className="cut" title={preset.name}>{preset.name}</span>
          </button>
        ))}
      </div>
      {chosen && <p className="hint">{chosen.hint}</p>}
    </div>
  );
}
