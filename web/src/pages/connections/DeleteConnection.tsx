import { api, ok } from '../../api/client';
import type { Connection } from '../../api/types';
import { t } from '../../lib/i18n';
import { say } from '../../lib/toasts';
import { Confirm } from '../../ui/Confirm';

export function DeleteConnection({ connection, onClose, onDone }: { connection: Connection; onClose: () => void; onDone: () => void }) {
  const caption = connection.caption || connection.host;
  return (
    <Confirm title={t('connections.delete_title', { caption })} action={t('action.delete')} danger onClose={onClose}
      run={() => ok(api.DELETE('/api/v1/connections/{id}', { params: { path: { id: connection.id } } }))}
      onDone={() => { say(t('connections.deleted', { caption })); onDone(); }}>
      {t('connections.delete_help')}
    </Confirm>
  );
}
