// The story of one email, from its acceptance through every attempt to its end.
import { ArrowRightLeft, Ban, Check, Circle, CirclePause, Inbox, LoaderCircle, RotateCw, TimerOff, X, type LucideIcon } from 'lucide-react';
import { Link, useLocation, useSearch } from 'wouter';
import type { EmailStory } from '../../api/types';
import * as format from '../../lib/format';
import { t, word } from '../../lib/i18n';
import { changed } from '../../lib/url';
import { said } from '../../lib/sayings';

type Moment = EmailStory['timeline'][number];

function look(moment: Moment): { tone: string; icon: LucideIcon } {
  if (moment.event === 'attempt') {
    if (moment.status === 'success') return { tone: 'ok', icon: Check };
    if (moment.status === 'fail') return { tone: 'bad', icon: X };
    return { tone: 'info', icon: LoaderCircle };
  }
  const icons: Record<string, { tone: string; icon: LucideIcon }> = {
    submitted: { tone: '', icon: Inbox },
    accepted: { tone: 'ok', icon: Check },
    failed: { tone: 'bad', icon: X },
    expired: { tone: 'bad', icon: TimerOff },
    canceled: { tone: '', icon: Ban },
    held: { tone: '', icon: CirclePause },
    retried: { tone: '', icon: RotateCw },
    moved: { tone: '', icon: ArrowRightLeft },
  };
  return icons[moment.event] ?? { tone: '', icon: Circle };
}

const sameDay = (one: string, other: string) => format.day(one) === format.day(other);

export function Timeline({ story, current }: { story: EmailStory; current?: string }) {
  const [path] = useLocation();
  const search = useSearch();
  // Within the log its filter stays.
  const wayTo = (open: string) => `/log?${changed(path === '/log' ? search : '', { open })}`;
  return (
    <ol className="trail">
      {story.timeline.map((moment, index) => {
        const { tone, icon: Icon } = look(moment);
        const before = story.timeline[index - 1];
        const title = moment.event === 'attempt'
          ? t('timeline.attempt', { n: moment.attempt ?? 0, connection: moment.connection_caption || `#${moment.connection_id}` })
          : word('timeline', moment.event);
        return (
          <li key={`${moment.at}-${index}`}>
            <span className={`dot ${tone}`} aria-hidden><Icon strokeWidth={3} /></span>
            <div className={moment.attempt_id && moment.attempt_id === current ? 'strong' : ''}>
              {moment.attempt_id && moment.attempt_id !== current ? <Link href={wayTo(moment.attempt_id)}>{title}</Link> : title}
              {moment.event === 'attempt' && moment.status && <span className="only-read">: {word('status', moment.status)}</span>}
              {moment.by && <span className="faint"> · {t('timeline.by', { who: moment.by })}</span>}
            </div>
            {(moment.reason ?? moment.detail) && <div className="soft tiny">{said(moment.reason ?? moment.detail ?? '')}</div>}
            <time className="num" dateTime={moment.at} title={moment.at}>
              {before && sameDay(before.at, moment.at) ? format.clock(moment.at) : format.dateTime(moment.at)}
            </time>
          </li>
        );
      })}
    </ol>
  );
}
