/** Where the answer about the settings is kept. */
export const SETTINGS = ['settings'];
