/** The parts of the chart library that are used; loaded when the first chart is shown, never at start. */
import { BarChart, HeatmapChart, LineChart } from 'echarts/charts'
import { AriaComponent, GridComponent, LegendComponent, VisualMapComponent } from 'echarts/components'
import { init, use, type EChartsCoreOption, type EChartsType } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

use([BarChart, HeatmapChart, LineChart, AriaComponent, GridComponent, LegendComponent, VisualMapComponent, SVGRenderer])

/** A chart in `element`; drawn as SVG, so that it prints and stays sharp at every size of letters. */
export const chartIn = (element: HTMLElement): EChartsType => init(element, null, { renderer: 'svg' })

export type { EChartsCoreOption, EChartsType }
