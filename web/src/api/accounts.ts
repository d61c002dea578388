// The part of the API that docs/api/openapi.yaml does not describe yet: sessions, users, profiles, settings. Written in
// the shape that openapi-typescript generates, so that deleting this file once it does changes no caller.

export type Role = 'viewer' | 'operator' | 'admin';

export interface User {
  id: number;
  email: string;
  name: string;
  role: Role;
  /** May see message content; admins always may. */
  content: boolean;
  enabled: boolean;
  totp: boolean;
  /** Has not set a password yet. */
  invited: boolean;
  created_at: string;
  last_sign_in_at: string | null;
}

export interface Session {
  user: User;
  csrf_token: string;
  expires_at: string;
  preferences?: Record<string, unknown>;
  must_enroll_totp?: boolean;
}

export interface SignInMethods {
  password: boolean;
  first_run: boolean;
  oidc?: { name?: string } | null;
}

export interface View {
  page: string;
  name: string;
  query: string;
  columns: string[];
}

export interface Settings {
  totp_required: boolean;
  session_hours: number;
}

export interface TotpSecret {
  secret: string;
  uri: string;
}

interface Answer<Content> {
  headers: { [name: string]: unknown };
  content: { 'application/json': Content };
}
interface NoContent {
  headers: { [name: string]: unknown };
  content?: never;
}
type Body<Content> = [Content] extends [never]
  ? { requestBody?: never }
  : { requestBody: { content: { 'application/json': Content } } };
type Operation<Content, Responses, Path> = Body<Content> & {
  parameters: { query?: never; header?: never; path: Path; cookie?: never };
  responses: Responses;
};
type Plain<Content, Responses> = Body<Content> & {
  parameters: { query?: never; header?: never; path?: never; cookie?: never };
  responses: Responses;
};
type Get<Content> = Plain<never, { 200: Answer<Content> }>;

interface ViewPath {
  page: string;
  name: string;
}
interface NumberPath {
  id: number;
}

export interface AccountPaths {
  '/api/v1/session/methods': { get: Get<SignInMethods> };
  '/api/v1/session': {
    get: Get<Session>;
    post: Plain<{ email: string; password: string; totp?: string }, { 200: Answer<Session> }>;
    delete: Plain<never, { 204: NoContent }>;
  };
  '/api/v1/session/invitation': {
    post: Plain<{ token: string; email?: string; password: string }, { 200: Answer<Session> }>;
  };
  '/api/v1/profile': {
    patch: Plain<{ name?: string; preferences?: Record<string, unknown> }, { 200: Answer<Session> }>;
  };
  '/api/v1/profile/password': { post: Plain<{ current: string; password: string }, { 204: NoContent }> };
  '/api/v1/profile/totp': {
    post: Plain<{ password: string }, { 200: Answer<TotpSecret> }>;
    delete: Plain<{ password: string }, { 204: NoContent }>;
  };
  '/api/v1/profile/totp/confirm': {
    post: Plain<{ totp: string }, { 200: Answer<{ recovery_codes: string[] }> }>;
  };
  '/api/v1/profile/views': { get: Get<{ items: View[] }> };
  '/api/v1/profile/views/{page}/{name}': {
    put: Operation<{ query: string; columns: string[] }, { 200: Answer<View> }, ViewPath>;
    delete: Operation<never, { 204: NoContent }, ViewPath>;
  };
  '/api/v1/users': {
    get: Get<{ items: User[]; next_cursor: null; total: { count: number; exact: boolean } }>;
    post: Plain<
      { email: string; name?: string; role: Role; content?: boolean },
      { 201: Answer<User & { invitation: string }> }
    >;
  };
  '/api/v1/users/{id}': {
    patch: Operation<
      { name?: string; role?: Role; content?: boolean; enabled?: boolean },
      { 200: Answer<User> },
      NumberPath
    >;
    delete: Operation<never, { 204: NoContent }, NumberPath>;
  };
  '/api/v1/users/{id}/invitation': { post: Operation<never, { 201: Answer<{ invitation: string }> }, NumberPath> };
  '/api/v1/settings': {
    get: Get<Settings>;
    patch: Plain<Partial<Settings>, { 200: Answer<Settings> }>;
  };
  '/api/v1/emails/{id}/send-again': {
    post: Operation<
      { reason?: string },
      { 202: Answer<{ id: string; emails: { id: string; email: string; status: string }[] }> },
      { id: string }
    >;
  };
}
