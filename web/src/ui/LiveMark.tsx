import { t } from '../lib/i18n';
import { useStreaming } from '../lib/live';

/** Whether the page hears of changes at once. */
export function LiveMark() {
  const streaming = useStreaming();
  if (streaming === null) return null;
  return <span className={`live ${streaming ? '' : 'off'}`}><i aria-hidden />{streaming ? t('live.on') : t('live.off')}</span>;
}
