// A list that the server gives whole: the same grid, without cursors.
import type { ReactNode } from 'react';
import { t, tn } from '../../lib/i18n';
import type { MessageKey } from '../../messages/en';
import { Failure } from '../kit';
import { LiveMark } from '../LiveMark';
import { visible, type Column } from './columns';
import { Grid } from './Grid';

interface Props<Row> {
  label: string;
  columns: Column<Row>[];
  chosen?: string[];
  rows: Row[] | undefined;
  error?: unknown;
  retry: () => void;
  idOf: (row: Row) => string;
  onOpen?: (row: Row) => void;
  openId?: string | null;
  counted: MessageKey;
  empty: ReactNode;
  rowTone?: (row: Row) => string;
}

const BONES = 5;

export function ShortList<Row>({ label, columns, chosen, rows, error, retry, idOf, onOpen, openId, counted, empty, rowTone }: Props<Row>) {
  return (
    <div className="card list fitting">
      {error != null && <Failure error={error} retry={retry} />}
      <Grid label={label} columns={visible(columns, chosen)} count={rows ? rows.length : error ? 0 : BONES} total={rows?.length} at={(index) => rows?.[index]} idOf={idOf}
        onOpen={onOpen} openId={openId} empty={rows ? empty : null} rowTone={rowTone} />
      <div className="list-foot">
        <span className="num">{rows ? tn(counted, rows.length) : error ? '' : t('status.loading')}</span>
        <span className="grow" />
        <LiveMark />
      </div>
    </div>
  );
}
