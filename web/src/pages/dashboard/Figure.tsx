import type { ReactNode } from 'react';

interface Props {
  title: string;
  value: string;
  unit?: string;
  beside?: ReactNode;
  spark?: number[];
  ink?: string;
}

/** One number, what it is compared with, and its course in the background. */
export function Figure({ title, value, unit, beside, spark, ink = '--accent' }: Props) {
  return (
    <section className="card figure">
      <h2>{title}</h2>
      <div className="value">{value}{unit && <small>{unit}</small>}</div>
      <div className="beside">{beside}</div>
      {spark && spark.length > 1 && <Spark values={spark} ink={ink} />}
    </section>
  );
}

const WIDTH = 120;
const HEIGHT = 46;

function Spark({ values, ink }: { values: number[]; ink: string }) {
  const most = Math.max(1, ...values);
  const points = values.map((value, index) => `${((index / (values.length - 1)) * WIDTH).toFixed(1)} ${(HEIGHT - 4 - (value / most) * (HEIGHT - 10)).toFixed(1)}`);
  const line = `M${points.join('L')}`;
  const stroke = `var(${ink})`;
  return (
    <svg className="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden>
      <path d={`${line}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`} fill={stroke} opacity="0.12" />
      <path d={line} fill="none" stroke={stroke} strokeWidth="1.6" vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
