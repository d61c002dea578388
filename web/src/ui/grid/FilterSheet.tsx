// Phones have no column heads: all filters and the sort stand in one sheet.
import { SlidersHorizontal } from 'lucide-react';
import { useRef, useState } from 'react';
import { t } from '../../lib/i18n';
import type { UrlChange } from '../../lib/url';
import { Drawer } from '../overlay/Drawer';
import { SelectField } from '../form';
import { writeSort, type Column, type Sort } from './columns';
import { FilterForm } from './FilterForm';

export function FilterSheet<Row>({ columns, params, sort, onChange }: { columns: Column<Row>[]; params: URLSearchParams; sort?: Sort; onChange: (change: UrlChange) => void }) {
  const [open, setOpen] = useState(false);
  const forms = useRef<HTMLDivElement>(null);
  // A tap on a button takes the focus from no field on some phones: what was typed is handed in by name.
  const show = () => {
    forms.current?.querySelectorAll('form').forEach((form) => form.requestSubmit());
    setOpen(false);
  };
  const sorts = sort ? columns.filter((column) => column.sort) : [];
  return (
    <>
      <button type="button" className="button phone-only" onClick={() => setOpen(true)}><SlidersHorizontal aria-hidden />{t('filter.sheet')}</button>
      <Drawer open={open} onClose={() => setOpen(false)} title={t('filter.sheet')}
        foot={<button type="button" className="button first wide" onClick={show}>{t('filter.show')}</button>}>
        {sorts.length > 0 && (
          <SelectField label={t('filter.sort')} value={writeSort(sort!)} onChange={(event) => onChange({ sort: event.target.value })}
            options={sorts.flatMap((column) => [
              { value: `-${column.sort}`, label: t('filter.sort_down', { column: column.title }) },
              { value: column.sort!, label: t('filter.sort_up', { column: column.title }) },
            ])} />
        )}
        <div ref={forms}>
          {columns.filter((column) => column.filter).map((column) => (
            <section key={column.id} className="part">
              <h3>{column.title}</h3>
              <FilterForm filter={column.filter!} title={column.title} params={params} onChange={onChange} />
            </section>
          ))}
        </div>
      </Drawer>
    </>
  );
}
