import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, ok } from '../../api/client';
import { t } from '../../lib/i18n';
import { leave, useRefreshSession } from '../../lib/session';
import { TotpSetup } from '../profile/TotpSetup';
import { Door } from './Door';

/** The house demands a second factor, and this person has none: nothing else is open to him. */
export function EnrollTotpPage() {
  const refresh = useRefreshSession();
  const queries = useQueryClient();
  const signOut = useMutation({ mutationFn: () => ok(api.DELETE('/api/v1/session')), onSettled: () => leave(queries) });
  return (
    <Door title={t('totp.title')} lead={t('totp.mandatory')} wide>
      <TotpSetup onDone={() => void refresh()} doneLabel={t('totp.go_on')} />
      <button type="button" className="button plain" onClick={() => signOut.mutate()}>{t('ui.sign_out')}</button>
    </Door>
  );
}
