import type { Attempt, EmailStory } from '../../api/types';
import { known, t } from '../../lib/i18n';
import { Fact, Time } from '../../ui/kit';
import { Status } from '../../ui/status';

/** Nothing is left to do about a failure before these. */
const settled = new Set(['accepted', 'canceled']);

/** After an attempt that failed: how its email stands by now, and what to do about a failure of this kind. */
export function Outcome({ story, reasonClass }: { story: EmailStory; reasonClass: Attempt['reason_class'] }) {
  const advice = reasonClass && !settled.has(story.status) ? known('remedy', reasonClass) : undefined;
  return (
    <section className="part">
      <h3>{t('outcome.title')}</h3>
      <dl className="facts">
        <Fact name={t('outcome.now')}><Status value={story.status} /></Fact>
        {story.finished_at
          ? <Fact name={t('email.finished_at')}><Time at={story.finished_at} long /></Fact>
          : <Fact name={t('email.next_attempt_at')}><Time at={story.next_attempt_at} long /></Fact>}
        {advice && <Fact name={t('outcome.advice')}>{advice}</Fact>}
      </dl>
    </section>
  );
}
