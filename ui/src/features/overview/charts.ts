/** From figures to charts; and the sums that stand above them. */
import { say } from '@/i18n/say'
import type { HourCell, Overview, PointRow, ResponseRow } from '@/ipc'
import { m } from '@/paraglide/messages.js'
import type { EChartsCoreOption } from './echarts'
import type { Paint } from './paint'

export const made = (cell: HourCell): number => cell.on_time + cell.late

/** All hours of a point together. */
export function sumOf(row: PointRow): HourCell {
  return row.hours.reduce(
    (sum, cell) => ({
      hour: 0,
      owed: sum.owed + cell.owed,
      on_time: sum.on_time + cell.on_time,
      late: sum.late + cell.late,
      missed: sum.missed + cell.missed,
      abnormal: sum.abnormal + cell.abnormal,
    }),
    { hour: 0, owed: 0, on_time: 0, late: 0, missed: 0, abnormal: 0 },
  )
}

export const patrolSum = (rows: readonly PointRow[]): HourCell => sumOf({ hours: rows.flatMap((row) => row.hours) } as PointRow)

/** 97 %, and never 100 % while one is missing. */
export function share(part: number, whole: number): string {
  if (whole === 0) return m.over_nothing()
  return `${String(part === whole ? 100 : Math.min(99, Math.round((part / whole) * 100)))}%`
}

export const pointName = (row: PointRow): string => `${row.key_area ? '★ ' : ''}${row.name}`

/** All visited 2, some late 1, some missed 0: three plain answers, not a ramp of shades. */
export const grade = (cell: HourCell): 0 | 1 | 2 => (cell.missed > 0 ? 0 : cell.late > 0 ? 1 : 2)

const frame = (paint: Paint, top: number): EChartsCoreOption => ({
  grid: { top: paint.size * top, right: paint.size, bottom: paint.size / 2, left: paint.size / 2, containLabel: true },
})
const letters = (paint: Paint): object => ({ color: paint.ink, fontSize: paint.size, fontFamily: paint.font })
const line = (paint: Paint): object => ({ lineStyle: { color: paint.rule } })
const legend = (paint: Paint): object => ({ top: 0, left: 0, itemWidth: paint.size, itemHeight: paint.size, textStyle: letters(paint) })

export function patrolMap(rows: readonly PointRow[], paint: Paint): EChartsCoreOption {
  const hours = [...new Set(rows.flatMap((row) => row.hours.map((cell) => cell.hour)))].sort((one, other) => one - other)
  const cells = rows.flatMap((row, y) =>
    row.hours.map((cell) => ({
      value: [hours.indexOf(cell.hour), y, grade(cell)],
      label: { show: cell.missed > 0, formatter: String(cell.missed) },
    })),
  )
  return {
    ...frame(paint, 2.6),
    xAxis: {
      type: 'category',
      data: hours.map((hour) => m.over_hour({ hour })),
      position: 'top',
      axisLabel: letters(paint),
      axisLine: line(paint),
      axisTick: { show: false },
      offset: 0,
    },
    yAxis: {
      type: 'category',
      data: rows.map(pointName),
      inverse: true,
      axisLabel: { ...letters(paint), width: paint.size * 11, overflow: 'truncate' },
      axisLine: line(paint),
      axisTick: { show: false },
    },
    visualMap: {
      show: false,
      type: 'piecewise',
      dimension: 2,
      pieces: [
        { value: 0, color: paint.over },
        { value: 1, color: paint.soon },
        { value: 2, color: paint.ok },
      ],
    },
    // Each grade has its colour and its number; hatching would only make the numbers hard to read.
    aria: { enabled: false },
    series: [
      {
        type: 'heatmap',
        data: cells,
        itemStyle: { borderColor: paint.well, borderWidth: 2, borderRadius: 2 },
        label: { color: paint.onState, fontSize: paint.size, fontWeight: 'bold' },
        emphasis: { disabled: true },
      },
    ],
  }
}

export function workBars(seen: Overview, paint: Paint): EChartsCoreOption {
  const shades = [paint.ok, paint.run, paint.held, paint.soon, paint.over]
  return {
    ...frame(paint, 2.4),
    legend: legend(paint),
    xAxis: { type: 'value', minInterval: 1, axisLabel: letters(paint), splitLine: line(paint) },
    yAxis: { type: 'category', inverse: true, data: seen.work.map((row) => say(row.words)), axisLabel: letters(paint), axisLine: line(paint), axisTick: { show: false } },
    series: seen.ages.map((age, at) => ({
      name: say(age),
      type: 'bar',
      stack: 'age',
      barMaxWidth: paint.size * 1.6,
      color: shades[at],
      itemStyle: { borderColor: paint.well, borderWidth: 1 },
      data: seen.work.map((row) => row.by_age[at] ?? 0),
      emphasis: { disabled: true },
    })),
  }
}

export const responseName = (row: ResponseRow): string => `${say(row.urgency_words)} ${say(row.leg_words)}`

export function responseBars(rows: readonly ResponseRow[], paint: Paint): EChartsCoreOption {
  const bars = (name: string, color: string, of: (row: ResponseRow) => number): object => ({
    name,
    type: 'bar',
    color,
    barMaxWidth: paint.size,
    label: { show: true, position: 'right', color: paint.ink, fontSize: paint.size },
    data: rows.map(of),
    emphasis: { disabled: true },
  })
  return {
    ...frame(paint, 2.4),
    legend: legend(paint),
    xAxis: { type: 'value', axisLabel: letters(paint), splitLine: line(paint) },
    yAxis: { type: 'category', inverse: true, data: rows.map(responseName), axisLabel: letters(paint), axisLine: line(paint), axisTick: { show: false } },
    series: [bars(m.over_median(), paint.run, (row) => row.median_min), bars(m.over_p90(), paint.held, (row) => row.p90_min)],
  }
}

export function dailyLines(seen: Overview, paint: Paint): EChartsCoreOption {
  const days = seen.days.map((day) => day.day.slice(5))
  // A single day has nothing to draw a line to.
  const type = days.length > 1 ? 'line' : 'bar'
  const series = (name: string, color: string, symbol: string, values: number[]): object => ({
    name,
    type,
    color,
    symbol,
    symbolSize: paint.size / 2,
    barMaxWidth: paint.size * 2,
    data: values,
    emphasis: { disabled: true },
  })
  return {
    ...frame(paint, 2.4),
    legend: legend(paint),
    xAxis: { type: 'category', data: days, axisLabel: letters(paint), axisLine: line(paint) },
    yAxis: { type: 'value', minInterval: 1, axisLabel: letters(paint), splitLine: line(paint) },
    series: [
      series(m.over_calls(), paint.run, 'circle', seen.days.map((day) => day.calls)),
      series(m.over_visits(), paint.held, 'rect', seen.days.map((day) => day.visits)),
      series(m.over_orders(), paint.ok, 'triangle', seen.days.map((day) => day.orders)),
      series(m.over_complaints(), paint.over, 'diamond', seen.days.map((day) => day.complaints)),
    ],
  }
}
