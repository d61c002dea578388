import type { ReactNode } from 'react';
import { useEffect } from 'react';
import { t } from '../../lib/i18n';

/** The frame of the pages outside the house. */
export function Door({ title, lead, wide, children }: { title: string; lead?: ReactNode; wide?: boolean; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Postroom`;
  }, [title]);
  return (
    <main className="door">
      <div className={`card ${wide ? 'wide' : ''}`}>
        <div className="brand"><img src="/favicon.svg" alt="" /><span>Postroom<small>{t('brand.place')}</small></span></div>
        <div className="stack tight">
          <h1>{title}</h1>
          {lead && <p className="lead">{lead}</p>}
        </div>
        {children}
      </div>
    </main>
  );
}
