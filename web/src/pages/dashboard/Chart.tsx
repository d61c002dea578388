// A line chart that can also be read as a table. Colours are tokens, looked up when it draws, so that both themes work.
import { ChartLine, Table2 } from 'lucide-react';
import { useEffect, useId, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import * as format from '../../lib/format';
import { t } from '../../lib/i18n';
import { usePreferences } from '../../lib/prefs';

export interface Series {
  name: string;
  /** null where there is nothing to say. */
  values: (number | null)[];
  ink: 'ok' | 'bad' | 'accent' | 'warn';
  filled?: boolean;
}

const TOKENS = { ok: '--ok-solid', bad: '--bad-solid', accent: '--accent', warn: '--warn-solid' };
const HEIGHT = 220;
/** Mail is counted in whole numbers: 1, 2, 5, 10, … between the lines. */
const COUNTS = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();

/** A token's colour as the canvas wants it: light-dark() is resolved by the browser. */
function colourOf(token: string, alpha = 1): string {
  const probe = document.createElement('i');
  probe.style.color = alpha === 1 ? `var(${token})` : `color-mix(in srgb, var(${token}) ${alpha * 100}%, transparent)`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

interface Props {
  title: string;
  times: number[];
  series: Series[];
  /** With days between the ticks rather than hours. */
  days: boolean;
  /** How a value is written; counts as counts. */
  write?: (value: number) => string;
}

export function Chart({ title, times, series, days, write }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [asTable, setAsTable] = useState(false);
  const tableId = useId();
  const { theme, time_zone: zone } = usePreferences();

  const data = useMemo((): uPlot.AlignedData => [times, ...series.map(({ values }) => values)], [times, series]);
  const latest = useRef(data);
  latest.current = data;
  const plot = useRef<uPlot>(undefined);
  // How it looks; new figures are put into what is there.
  const look = JSON.stringify(series.map(({ name, ink, filled }) => [name, ink, filled]));

  useEffect(() => {
    const element = box.current;
    if (!element || asTable) return;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsFor(element.clientWidth, series, { days, utc: zone === 'UTC', write }), latest.current, element);
    };
    draw();
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', draw);
    return () => {
      resized.disconnect();
      system.removeEventListener('change', draw);
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [look, days, write, theme, zone, asTable]);

  useEffect(() => {
    if (plot.current && plot.current.data !== data) plot.current.setData(data);
  }, [data]);

  const summary = series.map(({ name, values }) => {
    const known = values.filter((value) => value !== null);
    const say = (value: number) => (write ? write(value) : value);
    return t('chart.summary', { name, last: say(known.at(-1) ?? 0), most: say(Math.max(0, ...known)) });
  }).join(' ');
  return (
    <div className="card chart-card">
      <div className="card-head chart-head">
        <h2>{title}</h2>
        <span className="grow" />
        <div className="legend" aria-hidden>{series.map(({ name, ink }) => <span key={name}><i className={`ink-${ink}`} />{name}</span>)}</div>
        <button type="button" className="button plain square little" aria-label={asTable ? t('chart.as_chart') : t('chart.as_table')} title={asTable ? t('chart.as_chart') : t('chart.as_table')} aria-expanded={asTable} aria-controls={tableId} onClick={() => setAsTable(!asTable)}>
          {asTable ? <ChartLine aria-hidden /> : <Table2 aria-hidden />}
        </button>
      </div>
      <div id={tableId}>
        {asTable ? (
          <div className="table-scroll" tabIndex={0} role="region" aria-label={title}>
            <table className="table dense">
              <thead><tr><th scope="col">{t('chart.time')}</th>{series.map(({ name }) => <th key={name} scope="col" className="end">{name}</th>)}</tr></thead>
              <tbody>
                {times.map((time, index) => (
                  <tr key={time}><td className="num">{format.dateTime(new Date(time * 1000).toISOString())}</td>{series.map(({ name, values }) => <td key={name} className="num end">{values[index] == null ? '—' : (write ?? format.number)(values[index])}</td>)}</tr>
                )).reverse()}
              </tbody>
            </table>
          </div>
        ) : <div ref={box} className="chart" role="img" aria-label={`${title}. ${summary}`} />}
      </div>
    </div>
  );
}

/** Ticks stand at whole hours and days of the zone that they are written in. */
export const tickDate = (utc: boolean) => (seconds: number) => (utc ? uPlot.tzDate(new Date(seconds * 1000), 'UTC') : new Date(seconds * 1000));

function optionsFor(width: number, series: Series[], { days, utc, write }: { days: boolean; utc: boolean } & Pick<Props, 'write'>): uPlot.Options {
  const ink = colourOf('--ink-3');
  const line = colourOf('--line');
  const font = '11px "Inter Variable", sans-serif';
  return {
    width,
    height: HEIGHT,
    tzDate: tickDate(utc),
    padding: [8, 16, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
    scales: { y: { range: (_plot, _least, most) => [0, Math.max(1, most ?? 1) * 1.08] } },
    axes: [
      { stroke: ink, font, size: 28, grid: { show: false }, ticks: { show: false }, values: (_plot, at) => at.map((time) => (days ? format.dayMonth : format.hourMinute)(new Date(time * 1000))), space: 64 },
      { stroke: ink, font, size: write ? 58 : 46, grid: { stroke: line, width: 1 }, ticks: { show: false }, incrs: COUNTS, values: (_plot, at) => at.map((value) => (write ?? format.compact)(value)) },
    ],
    series: [
      {},
      ...series.map(({ name, ink: of, filled }): uPlot.Series => ({
        label: name,
        stroke: colourOf(TOKENS[of]),
        width: 1.8,
        // A lone value among gaps is a point, or it would not be seen.
        points: { show: (plot, index) => Array.from(plot.data[index]!).filter((value) => value != null).length < 3, size: 5 },
        fill: filled ? colourOf(TOKENS[of], 0.14) : undefined,
      })),
    ],
  };
}
