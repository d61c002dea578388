import { useEffect, useState } from 'react';
import { t } from '../lib/i18n';
import { useStreaming } from '../lib/live';

/** The server ends each stream now and then, and it is opened again: nobody needs to know. */
const PATIENCE_MS = 5_000;

/** Whether the page hears of changes at once. */
export function LiveMark() {
  const streaming = useStreaming();
  const [shown, setShown] = useState(streaming);
  useEffect(() => {
    if (streaming !== false) return setShown(streaming);
    const timer = setTimeout(() => setShown(false), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [streaming]);
  if (shown === null) return null;
  return <span className={`live ${shown ? '' : 'off'}`}><i aria-hidden />{shown ? t('live.on') : t('live.off')}</span>;
}
