#!/usr/bin/env bash
# Makes the two fonts of the printed forms anew: `crates/print/fonts/make.sh`, then run the tests of dutybook-print.
# Needs Debian's fonts-noto-cjk and fonttools (`pip install fonttools`). The forms are printed with what is committed
# here, so nobody needs this to build or to print.
#
# - sans.otf: Noto Sans CJK SC Regular; GB 2312, Latin, signs, and characters of names beyond GB 2312 (names.txt).
# - book.otf: Noto Serif CJK SC Bold, for headings; every character that occurs in the program's own Chinese words.
set -euo pipefail
cd "$(dirname "$0")"
noto=${NOTO_CJK:-/usr/share/fonts/opentype/noto}
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
python3 - "$work" <<'PYTHON'
import glob, sys
signs = '—–‘’“”…·•‰′″℃№←↑→↓√×÷≈≠≤≥≡□■○●△▲▽▼◇◆☆★☐☑☒✓✔✗✘①②③④⑤⑥⑦⑧⑨⑩㎡¥€™©®°‖〇'
latin = ''.join(map(chr, range(0x20, 0x180)))
gb = ''
for row in range(0xA1, 0xF8):
    for cell in range(0xA1, 0xFF):
        try:
            gb += bytes([row, cell]).decode('gb2312')
        except UnicodeDecodeError:
            pass
names = open('names.txt', encoding='utf-8').read()
own = ''
for pattern in ['../../domain/src/**/*.rs', '../../../ui/messages/**/zh.json', '../../../demo/site.toml']:
    for path in glob.glob(pattern, recursive=True):
        own += open(path, encoding='utf-8').read()
own = ''.join(c for c in own if c in gb)
open(sys.argv[1] + '/sans', 'w', encoding='utf-8').write(''.join(sorted(set(gb + latin + signs + names) - {'\n'})))
open(sys.argv[1] + '/book', 'w', encoding='utf-8').write(''.join(sorted(set(own + latin + signs) - {'\n'})))
PYTHON
subset() { # face, text, file
  pyftsubset "$noto/$1" --font-number=2 --text-file="$work/$2" --output-file="$3" \
    --layout-features=kern,locl,ccmp,vert --no-hinting
}
subset NotoSansCJK-Regular.ttc sans sans.otf
subset NotoSerifCJK-Bold.ttc book book.otf
# Names of their own: a system may have the whole of Noto, and the sheet must not depend on which of the two is taken.
python3 - <<'PYTHON'
from fontTools.ttLib import TTFont
for file, family in [('sans.otf', 'Dutybook Sans'), ('book.otf', 'Dutybook Book')]:
    font = TTFont(file)
    names = font['name']
    for record in list(names.names):
        if record.nameID in (1, 3, 4, 6, 16, 17):
            names.removeNames(nameID=record.nameID)
    post = family.replace(' ', '')
    for number, text in [(1, family), (3, post), (4, family), (6, post)]:
        names.setName(text, number, 3, 1, 0x409)
    font['CFF '].cff.fontNames = [post]
    font.save(file)
PYTHON
ls -l ./*.otf
