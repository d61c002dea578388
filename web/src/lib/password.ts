import { z } from 'zod';
import { t } from './i18n';

const LEAST = 12;

/** The server has the last word; this is only what can be said before asking it. */
export const newPassword = () => z.string().min(LEAST, t('form.password_short', { n: LEAST }));
