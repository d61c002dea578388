/** Whether a path leads to the door, where nobody needs to be signed in. Whoever stands there loads the door, not the house. */
export const isDoor = (path: string) => path === '/sign-in' || path === '/welcome';
