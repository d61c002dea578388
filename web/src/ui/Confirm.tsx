import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { t } from '../lib/i18n';
import { Failure } from './kit';
import { Dialog } from './overlay/Dialog';

/** Asks before something that can't be taken back, and shows the server's words when it says no. */
export function Confirm<Answer>({ title, children, action, danger, run, onDone, onClose }: {
  title: string; children: ReactNode; action: string; danger?: boolean; run: () => Promise<Answer>; onDone: (answer: Answer) => void; onClose: () => void;
}) {
  const go = useMutation({ mutationFn: run, onSuccess: (answer) => { onDone(answer); onClose(); } });
  return (
    <Dialog open onClose={onClose} title={title}
      foot={<>
        <button type="button" className="button" onClick={onClose}>{t('action.cancel')}</button>
        <button type="button" className={`button first ${danger ? 'danger' : ''}`} disabled={go.isPending} onClick={() => go.mutate()}>{action}</button>
      </>}>
      <div className="soft">{children}</div>
      {go.error && <Failure error={go.error} title={action} />}
    </Dialog>
  );
}
