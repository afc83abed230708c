//! Unit search, as people type: `3-2-1502`, `3d2dy1502`, `三栋二单元`, `張1502`, `zs`, a telephone's last four digits.
//!
//! Invariants
//! - Total: any text has an answer, if an empty one. Nothing is asked of the writer's input method or keyboard.
//! - A unit's own label, typed as it is written, finds that unit first.
//! - The index holds copies, so it outlives the site it was made of; it is made anew when a unit changes.
//!
//! How it works: what was typed is read as every address it can be (does `3-15` mean floor 15, entrance 15, a room that
//! begins with 15?), and as a name, a telephone number, or a name beside an address. Each unit takes the best score that
//! any reading gives it. Reading is cheap and the index is small, so nothing has to be guessed right the first time.

use std::collections::{BTreeSet, HashMap};

use pinyin::ToPinyinMulti;
use serde::{Deserialize, Serialize};

use super::{Occupant, Site, Unit};
use crate::ids::RecordId;
use crate::words;
use crate::words::Words;

/// Longer than this nobody types a unit or a name; only a label is looked for then.
const LONGEST_CHARS: usize = 40;
/// Names are compared up to this many characters.
const LONGEST_NAME: usize = 16;

/// A unit that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct UnitHit {
    /// The unit.
    pub unit: RecordId,
    /// `3-2-1502`.
    pub label: String,
    /// `3栋2单元1502室`.
    pub place: Words,
    /// Who lives or works there.
    pub occupants: Vec<Occupant>,
    /// By what it was found.
    pub matched: Matched,
}

/// By what a unit was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Matched {
    /// Its whole label.
    Label,
    /// Its address, or as much of it as was typed.
    Address,
    /// Its room number alone, in whatever building.
    Room,
    /// An occupant's name.
    Name,
    /// An occupant's name as it sounds: pinyin, initials, or other characters of the same sound.
    Sound,
    /// An occupant's telephone number, or how it ends.
    Phone,
    /// An occupant's name and the address.
    NameAndAddress,
}

/// What unit search looks in.
#[derive(Clone, Debug, Default)]
pub struct UnitIndex {
    /// In the order of buildings, entrances and rooms, so that equal scores come out in that order.
    entries: Vec<Entry>,
    labels: HashMap<String, Vec<usize>>,
}

#[derive(Clone, Debug)]
struct Entry {
    unit: RecordId,
    label: String,
    place: Words,
    occupants: Vec<Occupant>,
    building: String,
    entrance: String,
    room: String,
    /// All three in one, for `321502`.
    flat: String,
    names: Vec<Name>,
    phones: Vec<String>,
}

type Score = u32;

/// Scores, best first. Only their order means anything.
mod score {
    use super::Score;
    pub(super) const LABEL: Score = 2_000;
    pub(super) const LABEL_FOLDED: Score = 1_900;
    pub(super) const WHOLE_ADDRESS: Score = 1_000;
    pub(super) const NAME_AND_ROOM: Score = 960;
    pub(super) const BUILDING_AND_ROOM: Score = 940;
    pub(super) const ROOM: Score = 900;
    pub(super) const WHOLE_PHONE: Score = 895;
    pub(super) const WHOLE_NAME: Score = 890;
    pub(super) const FLAT: Score = 880;
    pub(super) const NAME_BEGINS: Score = 870;
    pub(super) const ENTRANCE: Score = 865;
    pub(super) const WHOLE_SOUND: Score = 860;
    pub(super) const PHONE_ENDS: Score = 850;
    pub(super) const ROOM_BEGINS_IN_ENTRANCE: Score = 840;
    pub(super) const NAME_AND_PART_OF_ADDRESS: Score = 830;
    pub(super) const ROOM_BEGINS_IN_BUILDING: Score = 820;
    pub(super) const BUILDING: Score = 800;
    pub(super) const NAME_WITHIN: Score = 780;
    pub(super) const SOUND_BEGINS: Score = 760;
    pub(super) const ENTRANCE_AND_ROOM: Score = 700;
    pub(super) const ROOM_BEGINS: Score = 600;
    pub(super) const FLAT_BEGINS: Score = 550;
    pub(super) const BUILDING_BEGINS: Score = 540;
    pub(super) const ENTRANCE_ALONE: Score = 400;
}

impl UnitIndex {
    /// Prepares a site's units.
    #[must_use]
    pub fn new(site: &Site) -> Self {
        let mut units: Vec<_> = site.units.iter().collect();
        units.sort_by_cached_key(|(id, unit)| {
            (natural(&unit.building), natural(&unit.entrance), natural(&unit.room), **id)
        });
        let entries: Vec<_> = units.into_iter().map(|(id, unit)| Entry::new(*id, unit)).collect();
        let mut labels: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, entry) in entries.iter().enumerate() {
            labels.entry(folded_label(&entry.label)).or_default().push(at);
        }
        Self { entries, labels }
    }

    /// At most `most` units that `typed` can mean, the likeliest first.
    #[must_use]
    pub fn search(&self, typed: &str, most: usize) -> Vec<UnitHit> {
        let mut found: HashMap<usize, (Score, Matched)> = HashMap::new();
        let mut take = |at: usize, score: Score, matched: Matched| {
            let best = found.entry(at).or_insert((score, matched));
            if score > best.0 {
                *best = (score, matched);
            }
        };
        for at in self.labels.get(&folded_label(typed)).into_iter().flatten() {
            let exact = self.entries[*at].label == typed.trim();
            take(*at, if exact { score::LABEL } else { score::LABEL_FOLDED }, Matched::Label);
        }
        let text = fold(typed);
        if !text.is_empty() && text.chars().count() <= LONGEST_CHARS {
            let query = Query::new(&text);
            for (at, entry) in self.entries.iter().enumerate() {
                if let Some((score, matched)) = query.score(entry) {
                    take(at, score, matched);
                }
            }
        }
        let mut ranked: Vec<_> = found.into_iter().map(|(at, (score, matched))| (at, score, matched)).collect();
        ranked.sort_unstable_by_key(|(at, score, _)| (std::cmp::Reverse(*score), *at));
        ranked.truncate(most);
        ranked.into_iter().map(|(at, _, matched)| self.entries[at].hit(matched)).collect()
    }
}

impl Entry {
    fn new(id: RecordId, unit: &Unit) -> Self {
        let part = |text: &str, suffixes: &[&str]| {
            let text = numerals(&fold(text));
            let bare = suffixes.iter().find_map(|suffix| text.strip_suffix(suffix)).unwrap_or(&text);
            if bare.is_empty() { text } else { bare.to_owned() }
        };
        let building = part(&unit.building, &["号楼", "栋", "幢", "座", "#"]);
        let entrance = part(&unit.entrance, &["单元", "门", "梯"]);
        let room = part(&unit.room, &["室", "房", "号"]);
        Self {
            unit: id,
            label: unit.label(),
            place: place(unit),
            flat: format!("{building}{entrance}{room}"),
            names: unit.occupants.iter().map(|occupant| Name::new(&occupant.name)).collect(),
            phones: unit
                .occupants
                .iter()
                .map(|occupant| fold(&occupant.phone).chars().filter(char::is_ascii_digit).collect())
                .collect(),
            occupants: unit.occupants.clone(),
            building,
            entrance,
            room,
        }
    }

    fn hit(&self, matched: Matched) -> UnitHit {
        UnitHit {
            unit: self.unit,
            label: self.label.clone(),
            place: self.place.clone(),
            occupants: self.occupants.clone(),
            matched,
        }
    }
}

/// The address in words. What the site calls by a word of its own (商铺, A座) stays as it is.
fn place(unit: &Unit) -> Words {
    let all = |text: &str, test: fn(&u8) -> bool| !text.is_empty() && text.bytes().all(|byte| test(&byte));
    let (building, entrance, room) = (&unit.building, &unit.entrance, &unit.room);
    let mut words = if all(building, u8::is_ascii_digit) {
        words!("{building}栋", "Building {building}")
    } else if all(building, u8::is_ascii_alphabetic) {
        words!("{building}座", "Building {building}")
    } else {
        Words::same(building.clone())
    };
    if all(entrance, u8::is_ascii_alphanumeric) {
        words = words.then(words!("{entrance}单元", ", entrance {entrance}"));
    } else if !entrance.is_empty() {
        words = words.then(words!("{entrance}", ", {entrance}"));
    }
    let suffix = if all(room, u8::is_ascii_digit) { "室" } else { "" };
    words.then(words!("{room}{suffix}", ", {room}"))
}

/// Text that sorts as people count: 2 before 10.
fn natural(text: &str) -> String {
    let mut key = String::new();
    let mut digits = String::new();
    for c in text.chars().chain(['\0']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if !digits.is_empty() {
            key.push_str(&format!("{digits:0>12}"));
            digits.clear();
        }
        key.push(c);
    }
    key
}

/// One width, one case, Simplified where the words of an address are concerned. Names need no table: they are compared
/// by sound as well, and 陳 sounds as 陈 does.
fn fold(text: &str) -> String {
    let one = |c: char| match c {
        '\u{3000}' => ' ',
        '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '棟' => '栋',
        '單' => '单',
        '號' => '号',
        '樓' => '楼',
        '層' => '层',
        '門' => '门',
        '戶' => '户',
        '兩' => '两',
        '鋪' | '舖' => '铺',
        '師' => '师',
        '–' | '—' | '―' | '−' | '‐' | '‑' => '-',
        c => c,
    };
    text.chars().map(one).flat_map(char::to_lowercase).collect::<String>().trim().to_owned()
}

/// A label with its separators alike.
fn folded_label(text: &str) -> String {
    numerals(&fold(text)).split(is_separator).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

fn is_separator(c: char) -> bool {
    // 3号2单元: the 号 parts, and says neither building nor room (3号楼 does, and is looked for before).
    c == '号'
        || c.is_whitespace()
        || matches!(c, '-' | '_' | '.' | '/' | '\\' | ',' | '、' | '。' | '·' | ':' | ';' | '~' | '|')
}

/// Chinese numerals as digits: 十二栋 → 12栋, 一五零二 → 1502, 一百零三 → 103.
fn numerals(text: &str) -> String {
    let mut written = String::new();
    let mut run: Vec<char> = Vec::new();
    for c in text.chars().map(Some).chain([None]) {
        match c {
            Some(c) if numeral(c).is_some() => run.push(c),
            _ => {
                written.push_str(&number(&run));
                run.clear();
                written.extend(c);
            }
        }
    }
    written
}

fn numeral(c: char) -> Option<u32> {
    Some(match c {
        '〇' | '零' => 0,
        '一' => 1,
        '二' | '两' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        '十' => 10,
        '百' => 100,
        '千' => 1_000,
        _ => return None,
    })
}

fn number(run: &[char]) -> String {
    let values: Vec<u32> = run.iter().filter_map(|c| numeral(*c)).collect();
    if values.iter().all(|value| *value < 10) {
        return values.iter().map(u32::to_string).collect();
    }
    let (mut total, mut digit) = (0_u32, None);
    for value in values {
        if value < 10 {
            digit = Some(value);
        } else {
            total = total.saturating_add(value.saturating_mul(digit.take().unwrap_or(1)));
        }
    }
    total.saturating_add(digit.unwrap_or(0)).to_string()
}

/// Everything one typed text can mean.
struct Query<'q> {
    /// The text as a name, and without a 先生 or 女士 at its end.
    names: [Said<'q>; 2],
    addresses: Vec<Address>,
    /// Letters and digits without any separator.
    flat: Option<String>,
    digits: Option<&'q str>,
    /// A name before or after an address.
    both: Vec<(Said<'q>, Vec<Address>)>,
}

impl<'q> Query<'q> {
    fn new(text: &'q str) -> Self {
        let counted = numerals(text);
        let alphanumeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        Self {
            names: [Said::new(text), Said::new(without_title(text))],
            flat: Some(&counted).filter(|text| alphanumeric(text) && text.len() >= 3).cloned(),
            addresses: addresses(&counted),
            digits: Some(text).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit())),
            both: names_with_addresses(text),
        }
    }

    fn score(&self, entry: &Entry) -> Option<(Score, Matched)> {
        let by_address = self.addresses.iter().filter_map(|address| address.score(entry));
        let by_flat = self.flat.iter().filter_map(|flat| {
            (entry.flat == *flat)
                .then_some(score::FLAT)
                .or_else(|| entry.flat.starts_with(flat.as_str()).then_some(score::FLAT_BEGINS))
                .map(|score| (score, Matched::Address))
        });
        let by_phone = self.digits.into_iter().flat_map(|digits| {
            entry.phones.iter().filter_map(move |phone| {
                let score = match digits.len() {
                    5.. if phone == digits => score::WHOLE_PHONE,
                    4.. if phone.ends_with(digits) => score::PHONE_ENDS,
                    7.. if phone.starts_with(digits) => score::PHONE_ENDS,
                    _ => return None,
                };
                Some((score, Matched::Phone))
            })
        });
        let by_name = entry.names.iter().flat_map(|name| self.names.iter().filter_map(|said| name.score(said)));
        let by_both = self.both.iter().filter_map(|(name, addresses)| {
            let (score, _) = addresses.iter().filter_map(|address| address.score(entry)).max_by_key(|best| best.0)?;
            let named = entry.names.iter().any(|known| known.score(name).is_some());
            let score = if score >= score::ROOM { score::NAME_AND_ROOM } else { score::NAME_AND_PART_OF_ADDRESS };
            named.then_some((score, Matched::NameAndAddress))
        });
        by_address.chain(by_flat).chain(by_phone).chain(by_name).chain(by_both).max_by_key(|best| best.0)
    }
}

fn without_title(text: &str) -> &str {
    const TITLES: [&str; 10] = ["先生", "女士", "小姐", "太太", "阿姨", "师傅", "老师", "大爷", "奶奶", "家"];
    let bare = TITLES.iter().find_map(|title| text.strip_suffix(title)).unwrap_or(text);
    if bare.is_empty() { text } else { bare }
}

/// `张1502`, `1502张先生`, `zs 3-2`: every place at which the text can be cut, one side without digits.
fn names_with_addresses(text: &str) -> Vec<(Said<'_>, Vec<Address>)> {
    let has_digits = |part: &str| numerals(part).bytes().any(|byte| byte.is_ascii_digit());
    if !has_digits(text) {
        return Vec::new();
    }
    text.char_indices()
        .skip(1)
        .map(|(at, _)| text.split_at(at))
        .flat_map(|(left, right)| [(left, right), (right, left)])
        .filter_map(|(name, address)| {
            let name = without_title(name.trim_matches(is_separator));
            let bare = !name.is_empty() && !name.bytes().any(|byte| byte.is_ascii_digit());
            if !bare || name.chars().count() > LONGEST_NAME || !has_digits(address) {
                return None;
            }
            let addresses = addresses(&numerals(address));
            (!addresses.is_empty()).then(|| (Said::new(name), addresses))
        })
        .collect()
}

/// One way to read a text as an address.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Address {
    building: Option<String>,
    entrance: Option<String>,
    room: Option<String>,
    floor: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Building,
    Entrance,
    Room,
    Floor,
}

/// What follows a value and says which part of the address it is. Longer ones first.
const MARKS: [(&str, Field); 14] = [
    ("号楼", Field::Building),
    ("#楼", Field::Building),
    ("单元", Field::Entrance),
    ("栋", Field::Building),
    ("幢", Field::Building),
    ("座", Field::Building),
    ("#", Field::Building),
    ("单", Field::Entrance),
    ("门", Field::Entrance),
    ("梯", Field::Entrance),
    ("室", Field::Room),
    ("房", Field::Room),
    ("层", Field::Floor),
    ("楼", Field::Floor),
];

/// The same as pinyin and its initials, for keyboards without an input method: `3d2dy1502`.
const SPELT_MARKS: [(&str, Field); 19] = [
    ("d", Field::Building),
    ("dong", Field::Building),
    ("z", Field::Building),
    ("zuo", Field::Building),
    ("zhuang", Field::Building),
    ("hl", Field::Building),
    ("haolou", Field::Building),
    ("dy", Field::Entrance),
    ("danyuan", Field::Entrance),
    ("m", Field::Entrance),
    ("men", Field::Entrance),
    ("s", Field::Room),
    ("shi", Field::Room),
    ("f", Field::Room),
    ("fang", Field::Room),
    ("c", Field::Floor),
    ("ceng", Field::Floor),
    ("l", Field::Floor),
    ("lou", Field::Floor),
];

/// A value and what is said of it.
type Token = (String, Option<Field>);

fn addresses(text: &str) -> Vec<Address> {
    let mut read = BTreeSet::new();
    // Letters between digits are marks (3d1502) or part of a name (building D, room 15D): both are tried.
    for glued in [false, true] {
        let tokens = tokens(text, glued);
        if (1..=4).contains(&tokens.len()) {
            assign(&tokens, Address::default(), None, &mut read);
            // 3楼 is a floor, but also what many say for 3号楼.
            if let [(first, Some(Field::Floor)), rest @ ..] = tokens.as_slice() {
                let address = Address { building: Some(first.clone()), ..Address::default() };
                assign(rest, address, Some(Field::Building), &mut read);
            }
        }
    }
    read.into_iter().collect()
}

fn tokens(text: &str, glued: bool) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = text;
    // Whether the last value may still get a mark: nothing stands between (a blank may, before a Chinese one).
    let mut touching = false;
    let mut near = false;
    while let Some(c) = rest.chars().next() {
        let mark = MARKS.iter().find(|(mark, _)| near && rest.starts_with(mark));
        if let (Some((mark, field)), Some(last)) = (mark, tokens.last_mut()) {
            last.1 = Some(*field);
            rest = &rest[mark.len()..];
            (touching, near) = (false, false);
            continue;
        }
        let taken = run(rest, glued);
        let value = &rest[..taken];
        if is_separator(c) || value.is_empty() {
            rest = &rest[c.len_utf8()..];
            (touching, near) = (false, near && c.is_whitespace());
            continue;
        }
        rest = &rest[taken..];
        let mark = SPELT_MARKS.iter().find(|(mark, _)| touching && !glued && *mark == value);
        match (mark, tokens.last_mut()) {
            (Some((_, field)), Some(last)) => {
                last.1 = Some(*field);
                (touching, near) = (false, false);
            }
            _ => {
                tokens.push((value.to_owned(), None));
                (touching, near) = (true, true);
            }
        }
    }
    tokens
}

/// How many bytes of one sort stand at the beginning: digits, letters, both, or other characters up to a mark.
fn run(text: &str, glued: bool) -> usize {
    let Some(first) = text.chars().next() else { return 0 };
    let belongs = |c: char| match first {
        _ if glued && first.is_ascii_alphanumeric() => c.is_ascii_alphanumeric(),
        _ if first.is_ascii_digit() => c.is_ascii_digit(),
        _ if first.is_ascii_alphabetic() => c.is_ascii_alphabetic(),
        _ => c.is_alphanumeric() && !c.is_ascii(),
    };
    let end = text.char_indices().find(|(_, c)| !belongs(*c)).map_or(text.len(), |(at, _)| at);
    if first.is_ascii() {
        return end;
    }
    // 商铺 stays whole, but 东门3栋 … is cut where a mark begins.
    text.char_indices()
        .skip(1)
        .map(|(at, _)| at)
        .take_while(|at| *at < end)
        .find(|at| MARKS.iter().any(|(mark, _)| text[*at..].starts_with(mark)))
        .unwrap_or(end)
}

/// Puts the values into the parts of an address, in order, in every way that their marks allow.
fn assign(tokens: &[Token], address: Address, last: Option<Field>, read: &mut BTreeSet<Address>) {
    let Some(((value, mark), rest)) = tokens.split_first() else {
        if address != Address::default() {
            read.insert(address);
        }
        return;
    };
    if *mark == Some(Field::Floor) {
        if address.floor.is_none() && address.room.is_none() {
            let last = Some(last.map_or(Field::Entrance, |last| last.max(Field::Entrance)));
            assign(rest, Address { floor: Some(value.clone()), ..address }, last, read);
        }
        return;
    }
    for field in [Field::Building, Field::Entrance, Field::Room] {
        if mark.is_some_and(|mark| mark != field) || last.is_some_and(|last| last >= field) {
            continue;
        }
        let mut address = address.clone();
        match field {
            Field::Building => address.building = Some(value.clone()),
            Field::Entrance => address.entrance = Some(value.clone()),
            _ => address.room = Some(value.clone()),
        }
        assign(rest, address, Some(field), read);
    }
}

/// `03` is `3`.
fn same(typed: &str, known: &str) -> bool {
    let bare = |text: &str| -> usize {
        text.bytes().take_while(|byte| *byte == b'0').count().min(text.len().saturating_sub(1))
    };
    typed == known || (!known.is_empty() && typed[bare(typed)..] == known[bare(known)..])
}

#[derive(Clone, Copy, PartialEq)]
enum Fit {
    Whole,
    Begins,
}

impl Address {
    fn score(&self, entry: &Entry) -> Option<(Score, Matched)> {
        if self.entrance.as_ref().is_some_and(|typed| !same(typed, &entry.entrance)) {
            return None;
        }
        let mut whole_building = true;
        if let Some(typed) = &self.building {
            whole_building = same(typed, &entry.building);
            // 商 begins 商铺; 1 does not begin 12.
            if !whole_building && (typed.bytes().any(|byte| byte.is_ascii()) || !entry.building.starts_with(typed)) {
                return None;
            }
        }
        let room = self.room_fit(&entry.room)?;
        let building = self.building.is_some();
        let entrance = self.entrance.is_some();
        let score = match (building, entrance, room) {
            (true, true, Some(Fit::Whole)) => score::WHOLE_ADDRESS,
            (true, false, Some(Fit::Whole)) if entry.entrance.is_empty() => score::WHOLE_ADDRESS,
            (true, false, Some(Fit::Whole)) => score::BUILDING_AND_ROOM,
            (false, false, Some(Fit::Whole)) => score::ROOM,
            (false, true, Some(Fit::Whole)) => score::ENTRANCE_AND_ROOM,
            (true, true, Some(Fit::Begins)) => score::ROOM_BEGINS_IN_ENTRANCE,
            (true, false, Some(Fit::Begins)) => score::ROOM_BEGINS_IN_BUILDING,
            (false, _, Some(Fit::Begins)) => score::ROOM_BEGINS,
            (true, true, None) => score::ENTRANCE,
            (true, false, None) => score::BUILDING,
            (false, true, None) => score::ENTRANCE_ALONE,
            (false, false, None) => return None,
        };
        let matched = if building || entrance { Matched::Address } else { Matched::Room };
        Some((if whole_building { score } else { score.min(score::BUILDING_BEGINS) }, matched))
    }

    /// How the room fits: outer `None` when it does not, inner when nothing was said of it.
    fn room_fit(&self, room: &str) -> Option<Option<Fit>> {
        // Floor 15 is 1501–1599: the floor and two more.
        let on_floor = |floor: &str| room.strip_prefix(floor).is_some_and(|rest| rest.chars().count() == 2);
        match (&self.floor, &self.room) {
            (None, None) => Some(None),
            (Some(floor), None) => on_floor(floor).then_some(Some(Fit::Begins)),
            (Some(floor), Some(typed)) => {
                let whole = on_floor(floor) && (same(typed, room) || room.strip_prefix(floor.as_str()) == Some(typed));
                whole.then_some(Some(Fit::Whole))
            }
            (None, Some(typed)) if same(typed, room) => Some(Some(Fit::Whole)),
            (None, Some(typed)) => room.starts_with(typed).then_some(Some(Fit::Begins)),
        }
    }
}

/// A name with its sounds.
#[derive(Clone, Debug)]
struct Name {
    text: String,
    glyphs: Vec<Glyph>,
}

/// A character and the ways it is read: 单 is dan, chan and, as a surname, shan.
#[derive(Clone, Debug)]
struct Glyph {
    written: char,
    readings: Vec<String>,
}

impl Glyph {
    fn new(written: char) -> Self {
        let mut readings: Vec<String> =
            written.to_pinyin_multi().into_iter().flatten().map(|reading| reading.plain().replace('ü', "v")).collect();
        readings.sort_unstable();
        readings.dedup();
        Self { written, readings }
    }

    fn sounds_as(&self, other: &Self) -> bool {
        self.written == other.written || self.readings.iter().any(|reading| other.readings.contains(reading))
    }
}

/// A name as it was typed.
struct Said<'q> {
    text: &'q str,
    /// Its sounds; empty for one that is spelt in letters.
    glyphs: Vec<Glyph>,
}

impl<'q> Said<'q> {
    fn new(text: &'q str) -> Self {
        let spelt = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let glyphs = if spelt { Vec::new() } else { text.chars().map(Glyph::new).collect() };
        Self { text, glyphs }
    }
}

impl Name {
    fn new(name: &str) -> Self {
        let text = fold(name);
        let glyphs = text.chars().filter(|c| c.is_alphanumeric()).take(LONGEST_NAME).map(Glyph::new).collect();
        Self { text, glyphs }
    }

    fn score(&self, said: &Said<'_>) -> Option<(Score, Matched)> {
        let typed = said.text;
        if typed.is_empty() || self.text.is_empty() {
            return None;
        }
        if self.text == typed {
            return Some((score::WHOLE_NAME, Matched::Name));
        }
        if self.text.starts_with(typed) {
            return Some((score::NAME_BEGINS, Matched::Name));
        }
        if typed.chars().count() >= 2 && self.text.contains(typed) {
            return Some((score::NAME_WITHIN, Matched::Name));
        }
        let left =
            if said.glyphs.is_empty() { spelt(&self.glyphs, typed) } else { same_sounds(&self.glyphs, &said.glyphs) };
        let score = if left? == 0 { score::WHOLE_SOUND } else { score::SOUND_BEGINS };
        Some((score, Matched::Sound))
    }
}

/// Whether the name begins with what was spelt, each character by its initial or more of its pinyin; how many characters
/// are left.
fn spelt(glyphs: &[Glyph], typed: &str) -> Option<usize> {
    if typed.is_empty() {
        return Some(glyphs.len());
    }
    let (first, rest) = glyphs.split_first()?;
    if first.readings.is_empty() {
        return spelt(rest, typed.strip_prefix(first.written)?);
    }
    first
        .readings
        .iter()
        .flat_map(|reading| {
            let common = reading.bytes().zip(typed.bytes()).take_while(|(a, b)| a == b).count();
            (1..=common).rev()
        })
        .filter_map(|taken| spelt(rest, &typed[taken..]))
        .min()
}

/// Whether the name begins with characters of the same sound; how many are left.
fn same_sounds(known: &[Glyph], typed: &[Glyph]) -> Option<usize> {
    let fits = typed.len() <= known.len() && typed.iter().zip(known).all(|(typed, known)| typed.sounds_as(known));
    fits.then(|| known.len() - typed.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_numerals() {
        for (written, expected) in [
            ("三栋二单元", "3栋2单元"),
            ("十栋", "10栋"),
            ("十二栋", "12栋"),
            ("二十栋", "20栋"),
            ("二十三栋", "23栋"),
            ("一五零二", "1502"),
            ("一五〇二", "1502"),
            ("一百零三", "103"),
            ("两单元", "2单元"),
            ("一千五百零二", "1502"),
            ("千千千千千千千千千千千千千千千千", "16000"),
            ("商铺", "商铺"),
            ("", ""),
        ] {
            assert_eq!(numerals(written), expected, "{written}");
        }
    }

    #[test]
    fn natural_order() {
        let mut rooms = vec!["1001", "201", "1002", "S10", "S2", "A", "商铺"];
        rooms.sort_by_cached_key(|room| natural(room));
        assert_eq!(rooms, ["201", "1001", "1002", "A", "S2", "S10", "商铺"]);
    }
}
