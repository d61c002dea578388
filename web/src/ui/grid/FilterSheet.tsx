// Phones have no column heads: all filters and the sort stand in one sheet.
import { SlidersHorizontal } from 'lucide-react';
import { useState } from 'react';
import { t } from '../../lib/i18n';
import { Drawer } from '../overlay/Drawer';
import { SelectField } from '../form';
import { writeSort, type Column, type Sort } from './columns';
import { FilterForm, type FilterChange } from './FilterForm';

export function FilterSheet<Row>({ columns, params, sort, onChange }: { columns: Column<Row>[]; params: URLSearchParams; sort?: Sort; onChange: (change: FilterChange) => void }) {
  const [open, setOpen] = useState(false);
  const sorts = sort ? columns.filter((column) => column.sort) : [];
  return (
    <>
      <button type="button" className="button phone-only" onClick={() => setOpen(true)}><SlidersHorizontal aria-hidden />{t('filter.sheet')}</button>
      <Drawer open={open} onClose={() => setOpen(false)} title={t('filter.sheet')}
        foot={<button type="button" className="button first wide" onClick={() => setOpen(false)}>{t('filter.show')}</button>}>
        {sorts.length > 0 && (
          <SelectField label={t('filter.sort')} value={writeSort(sort!)} onChange={(event) => onChange({ sort: event.target.value })}
            options={sorts.flatMap((column) => [
              { value: `-${column.sort}`, label: t('filter.sort_down', { column: column.title }) },
              { value: column.sort!, label: t('filter.sort_up', { column: column.title }) },
            ])} />
        )}
        {columns.filter((column) => column.filter).map((column) => (
          <section key={column.id} className="part">
            <h3>{column.title}</h3>
            <FilterForm filter={column.filter!} title={column.title} params={params} onChange={onChange} />
          </section>
        ))}
      </Drawer>
    </>
  );
}
