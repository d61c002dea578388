// The API's own words, by the names that the pages use.
import type { components, operations } from './schema';

type Schemas = components['schemas'];

export type Attempt = Schemas['Attempt'];
export type AttemptStatus = Schemas['AttemptStatus'];
export type Email = Schemas['Email'];
export type EmailStory = Schemas['EmailStory'];
export type EmailStatus = Schemas['EmailStatus'];
export type QueueStatus = Schemas['QueueStatus'];
export type QueueFilter = Schemas['QueueFilter'];
export type QueueActionWord = Schemas['QueueAction']['action'];
export type QueueAction = Schemas['QueueAction'];
export type Connection = Schemas['Connection'];
export type ConnectionSettings = Schemas['ConnectionSettings'];
export type ReplyRule = Schemas['ReplyRule'];
export type Preset = Schemas['Preset'];
export type TestReport = Schemas['TestReport'];
export type TestStep = TestReport['steps'][number];
export type RoutingRules = Schemas['RoutingRules'];
export type RoutingRule = RoutingRules['rules'][number];
export type RouteAnswer = Schemas['RouteAnswer'];
export type Delivery = Schemas['Delivery'];
export type DeliveryEvent = Schemas['Event'];
export type Stats = Schemas['Stats'];
export type AuditRecord = Schemas['AuditRecord'];
export type ApiKey = Schemas['ApiKey'];
export type SubmissionLogin = Schemas['SubmissionLogin'];
export type Scope = Schemas['Scope'];
export type Problem = Schemas['Problem'];
export type QueueQuery = NonNullable<operations['listQueue']['parameters']['query']>;
export type AuditQuery = NonNullable<operations['listAudit']['parameters']['query']>;
export type LogQuery = NonNullable<operations['listLog']['parameters']['query']>;

export interface Total {
  count: number;
  exact: boolean;
}
export interface Page<Row> {
  items: Row[];
  next_cursor: string | null;
  total: Total;
}

export const QUEUE_STATUSES: QueueStatus[] = ['queued', 'scheduled', 'sending', 'deferred', 'held', 'unknown'];
export const REASON_CLASSES: Schemas['ReasonClass'][] = [
  'recipient', 'message', 'sender', 'credential', 'quota', 'throttle', 'outage', 'tls', 'policy', 'protocol', 'unknown',
  'connection', 'operator', 'expired', 'content',
];
