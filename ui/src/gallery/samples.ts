/** Invented people and events for looking at the design. Never part of the product. */
import type { Tone } from '@/design/states'
import type { TimelineEntry } from '@/design/primitives/Timeline.svelte'
import type { EmergencyContact } from '@/shell/contacts'
import type { SignInPerson } from '@/shell/SignIn.svelte'

export const now = Date.now()
const minute = 60_000
const day = 86_400_000

export const people: SignInPerson[] = [
  { id: 'p1', name: '陈国强', role: '秩序维护员 · 二号线', on_shift: true },
  { id: 'p2', name: '林晓梅', role: '值班员', on_shift: true },
  { id: 'p3', name: '何志远', role: '工程 · 水电', on_shift: true },
  { id: 'p4', name: '黄丽君', role: '客服主任', on_shift: false },
  { id: 'p5', name: '吴建平', role: '总值班员', on_shift: false },
  { id: 'p6', name: '苏雨晴', role: '值班员', on_shift: false },
  { id: 'p7', name: '马大勇', role: '秩序维护员 · 一号线', on_shift: false },
  { id: 'p8', name: '阿依古丽', role: '保洁', on_shift: false },
]

export const contacts: EmergencyContact[] = [
  { id: 'c1', kind: 'police', name: '城南派出所', phone: '110', person: '值班室', matters: '治安、纠纷', verified_at: now - 20 * day },
  { id: 'c2', kind: 'fire', name: '消防救援站', phone: '119', matters: '火灾、被困', verified_at: now - 20 * day },
  { id: 'c3', kind: 'medical', name: '市第二医院急诊', phone: '120', verified_at: now - 20 * day },
  { id: 'c4', kind: 'water', name: '供水抢修', phone: '96968', matters: '爆管、停水', verified_at: now - 132 * day },
  { id: 'c5', kind: 'gas', name: '燃气抢修', phone: '95777', matters: '泄漏', verified_at: now - 12 * day },
  { id: 'c6', kind: 'power', name: '供电抢修', phone: '95598', verified_at: now - 12 * day },
  { id: 'c7', kind: 'lift', name: '电梯维保', phone: '0591 8866 0021', person: '郑工', matters: '困人 30 分钟到场', verified_at: null },
  { id: 'c8', kind: 'community', name: '居委会', phone: '0591 8866 1100', person: '刘主任', verified_at: now - 40 * day },
]

export const stops: { id: string; label: string; tone: Tone; done: boolean; note: string }[] = [
  { id: 's1', label: '大门岗', tone: 'ok', done: true, note: '22:31' },
  { id: 's2', label: '配电房', tone: 'ok', done: true, note: '22:38' },
  { id: 's3', label: '消防控制室', tone: 'ok', done: true, note: '22:44' },
  { id: 's4', label: 'B1 水泵房', tone: 'run', done: false, note: '下一点' },
  { id: 's5', label: '地下车库东', tone: 'idle', done: false, note: '23:10 前' },
  { id: 's6', label: '天台 3 栋', tone: 'soon', done: false, note: '迟 6 分' },
  { id: 's7', label: '燃气调压站', tone: 'idle', done: false, note: '23:30 前' },
  { id: 's8', label: '周界北', tone: 'over', done: false, note: '漏' },
]

export const history: TimelineEntry[] = [
  { id: 't1', at: now - 61 * minute, who: '林晓梅', what: '登记来电：3-2-1502 厨房漏水', number: 211 },
  { id: 't2', at: now - 58 * minute, who: '林晓梅', what: '派给 何志远', number: 212, corrected_by: 214 },
  { id: 't3', at: now - 57 * minute, who: '林晓梅', what: '更正：派给 何志远、马大勇', detail: '一人关总阀，一人入户', tone: 'held', number: 214 },
  { id: 't4', at: now - 49 * minute, who: '何志远', what: '到场', tone: 'ok', number: 216 },
  { id: 't5', at: now - 12 * minute, who: '何志远', what: '完成：更换角阀', tone: 'ok', number: 219, late: true },
]

export const orders: { id: string; what: string; where: string; who: string; tone: Tone; level: string; deadline: number; start: number; step: string }[] = [
  { id: 'o1', what: '厨房跑水', where: '3-2-1502', who: '待派', tone: 'over', level: '特急', deadline: now - 72_000, start: now - 10 * minute, step: '派工' },
  { id: 'o2', what: '电梯异响', where: '5 栋客梯', who: '何志远', tone: 'soon', level: '紧急', deadline: now + 100_000, start: now - 20 * minute, step: '到场' },
  { id: 'o3', what: '楼道灯不亮', where: '2-1 七层', who: '何志远', tone: 'idle', level: '一般', deadline: now + 52 * minute, start: now - 8 * minute, step: '接单' },
  { id: 'o4', what: '空调外机滴水', where: '6-1-0903', who: '待派', tone: 'idle', level: '一般', deadline: now + 4 * 3600_000, start: now - 12 * minute, step: '派工' },
]

export const ledger = Array.from({ length: 5000 }, (_, i) => ({
  id: `l${i}`,
  number: i + 1,
  what: ['巡视 大门岗 正常', '来电 3-2-1502 报修 漏水', '派工 KF2-0611-013 → 何志远', '交接 夜班 → 早班', '抽查 二号线 合格'][i % 5]!,
  who: ['陈国强', '林晓梅', '何志远', '苏雨晴'][i % 4]!,
}))
