// What this browser remembers of its last user, for the first script: it comes before React and everything else.
export function remembered(name: string): string | null {
  try {
    return localStorage.getItem(`postroom.${name}`);
  } catch {
    return null;
  }
}

export function remember(name: string, value: string) {
  try {
    localStorage.setItem(`postroom.${name}`, value);
  } catch {
    // Without storage the choice holds until the page is left.
  }
}

/** Rows that a long list may read at a time; the usual number is not the least. */
export const PAGE_SIZES = [50, 100, 200, 500];
export const USUAL_PAGE_SIZE = 100;
