// A connection's settings as a form has them, and as the API takes them.
import * as z from 'zod/mini';
import type { Connection, ConnectionSettings, Preset, ReplyRule } from '../../api/types';
import { limit, needed, text, whole } from '../../lib/fields';
import { t } from '../../lib/i18n';
import { LIMITS } from './connection';

export const PROFILES = [
  'auto', 'generic', 'gmail', 'microsoft365', 'amazon_ses', 'sendgrid', 'mailgun', 'postmark', 'sparkpost', 'brevo', 'mailjet', 'yahoo',
  'icloud', 'zoho', 'fastmail', 'gmx', 'ovh', 'ionos', 'yandex', 'mailtrap', 'mandrill', 'smtp2go',
] as const satisfies Connection['profile'][];
export const STAGES = ['any', 'greeting', 'auth', 'mail', 'recipient', 'data', 'dot'] as const;
export const REPLY_SCOPES = ['recipient', 'message', 'sender', 'credential', 'quota', 'throttle', 'outage', 'tls', 'policy', 'protocol'] as const;

/** A rule as the form has it: what is empty fits every reply. */
const replyRule = () =>
  z.object({
    name: text(200),
    stage: z.enum(STAGES),
    code: z.string().check(z.trim(), z.regex(/^([45][0-9x]{2})?$/, t('reply_rules.code_form'))),
    enhanced: z.string().check(z.trim(), z.regex(/^([45*](\.(\d{1,3}|\*)){2})?$/, t('reply_rules.enhanced_form'))),
    text: text(200),
    scope: z.enum(REPLY_SCOPES),
    permanence: z.enum(['transient', 'permanent']),
    wait: limit(),
  }).check(z.refine((rule) => Boolean(rule.code || rule.enhanced || rule.text), { path: ['text'], message: t('reply_rules.fits_all') }));

export type ReplyRuleValues = z.infer<ReturnType<typeof replyRule>>;

export const blankRule = (): ReplyRuleValues => ({ name: '', stage: 'any', code: '', enhanced: '', text: '', scope: 'policy', permanence: 'transient', wait: '' });

const toRuleForm = (rule: ReplyRule): ReplyRuleValues => ({
  name: rule.name ?? '', stage: rule.stage ?? 'any', code: String(rule.code ?? ''), enhanced: rule.enhanced ?? '', text: rule.text ?? '', scope: rule.scope,
  permanence: rule.permanence, wait: rule.wait?.toString() ?? '',
});

const toRule = ({ stage, scope, permanence, wait, ...texts }: ReplyRuleValues): ReplyRule => ({
  stage, scope, permanence, ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== '')), ...(wait && { wait: Number(wait) }),
});

export const schema = () =>
  z.object({
    caption: text(255),
    host: needed(255).check(z.refine((host) => !/[{}\s]/.test(host), t('form.host_part'))),
    port: whole(1, 65_535),
    encryption: z.enum(['tls', 'ssl', 'none']),
    username: text(255).check(z.refine((name) => !/[{}]/.test(name), t('form.host_part'))),
    password: z.string(),
    send_from: text(255),
    send_from_name: text(255),
    enabled: z.boolean(),
    priority: whole(0, 1_000_000),
    weight: whole(1, 1_000_000),
    limits: z.object({ per_second: limit(), per_minute: limit(), per_hour: limit(), per_day: limit(), per_month: limit() }),
    over_limit: z.enum(['wait', 'spill']),
    timezone: text(64),
    max_sessions: whole(1, 1_000),
    max_messages_per_session: whole(0, 1_000_000),
    auth: z.enum(['auto', 'plain', 'login', 'cram_md5', 'scram_sha_256', 'xoauth2']),
    verify_certificate: z.boolean(),
    ca_file: text(4096),
    on_doubt: z.enum(['retry', 'hold']),
    profile: z.enum(PROFILES),
    reply_rules: z.array(replyRule()),
  });

export type FormValues = z.infer<ReturnType<typeof schema>>;

const limitTexts = (limits: Connection['limits'] | undefined) =>
  Object.fromEntries(LIMITS.map((name) => [name, limits?.[name]?.toString() ?? ''])) as FormValues['limits'];

export function toForm(connection: Connection | null, nextPriority = 10): FormValues {
  return {
    caption: connection?.caption ?? '',
    host: connection?.host ?? '',
    port: connection?.port ?? 587,
    encryption: connection?.encryption ?? 'tls',
    username: connection?.username ?? '',
    password: '',
    send_from: connection?.send_from ?? '',
    send_from_name: connection?.send_from_name ?? '',
    enabled: connection?.enabled ?? true,
    priority: connection?.priority ?? nextPriority,
    weight: connection?.weight ?? 1,
    limits: limitTexts(connection?.limits),
    over_limit: connection?.over_limit ?? 'wait',
    timezone: connection?.timezone ?? 'UTC',
    max_sessions: connection?.max_sessions ?? 4,
    max_messages_per_session: connection?.max_messages_per_session ?? 100,
    auth: connection?.auth ?? 'auto',
    verify_certificate: connection?.verify_certificate ?? true,
    ca_file: connection?.ca_file ?? '',
    on_doubt: connection?.on_doubt ?? 'retry',
    profile: connection?.profile ?? 'auto',
    reply_rules: connection?.reply_rules.map(toRuleForm) ?? [],
  };
}

/** A preset's {part}s are for the person to fill in. */
export const fromPreset = (preset: Preset) => ({
  caption: preset.id === 'generic' ? '' : preset.name,
  host: preset.host,
  port: preset.port,
  encryption: preset.encryption,
  username: preset.username.startsWith('{') ? '' : preset.username,
});

function toSettings({ password, limits, reply_rules: rules, ...rest }: FormValues): ConnectionSettings {
  return {
    ...rest,
    reply_rules: rules.map(toRule),
    limits: Object.fromEntries(LIMITS.map((name) => [name, limits[name] === '' ? null : Number(limits[name])])),
    ...(password && { password }),
  };
}

/** For POST: everything that is not empty; the server knows the defaults of the rest. */
export function toCreate(values: FormValues): ConnectionSettings & { host: string } {
  const settings = toSettings(values);
  if (!settings.ca_file) delete settings.ca_file;
  return { ...settings, host: values.host };
}

/** For PATCH: what differs from the connection that was opened. */
export function toChanges(values: FormValues, connection: Connection): ConnectionSettings {
  const wanted = toSettings(values) as Record<string, unknown>;
  const present = toSettings(toForm(connection)) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(wanted).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(present[name]))) as ConnectionSettings;
}

/** What a test tries out. */
const TESTED = ['host', 'port', 'encryption', 'username', 'password', 'send_from', 'auth', 'verify_certificate', 'ca_file'] as const;

/** Whether a test of the ones says something of the others, too. Fields have numbers as they are typed. */
export const testsAlike = (tested: FormValues, present: FormValues) =>
  TESTED.every((name) => String(tested[name]).trim() === String(present[name]).trim());

const GUARDED = ['host', 'port', 'encryption', 'username', 'verify_certificate', 'ca_file'] as const;

/** Whether the change would take the stored password to a new place, which the server refuses. */
export function asksPassword(values: FormValues, connection: Connection | null): boolean {
  if (!connection?.has_password || values.password) return false;
  const changes = toChanges(values, connection);
  return GUARDED.some((name) => name in changes);
}
