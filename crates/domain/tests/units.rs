//! Unit search: what people type finds what they mean.

use dutybook_domain::RecordId;
use dutybook_domain::ids::Home;
use dutybook_domain::site::units::{Matched, UnitIndex};
use dutybook_domain::site::{Occupant, Site, Unit};
use proptest::prelude::*;

fn unit(label: &str, occupants: &[(&str, &str)]) -> Unit {
    let parts: Vec<&str> = label.split('-').collect();
    let (building, entrance, room) = match parts.as_slice() {
        [building, entrance, room] => (*building, *entrance, *room),
        [building, room] => (*building, "", *room),
        _ => panic!("{label}"),
    };
    Unit {
        building: building.into(),
        entrance: entrance.into(),
        room: room.into(),
        occupants: occupants
            .iter()
            .map(|(name, phone)| Occupant { name: (*name).into(), phone: (*phone).into() })
            .collect(),
        note: String::new(),
    }
}

fn site(units: impl IntoIterator<Item = Unit>) -> Site {
    let units =
        units.into_iter().map(|unit| (RecordId::derived(&Home::standing("unit"), &[&unit.label()]), unit)).collect();
    Site { units, ..Site::default() }
}

fn estate() -> UnitIndex {
    UnitIndex::new(&site([
        unit("1-1-101", &[]),
        unit("1-1-1502", &[("李四", "13800001111")]),
        unit("2-1-1501", &[]),
        unit("2-1-1502", &[]),
        unit("2-2-1502", &[("张伟", "5550-7788")]),
        unit("3-1-201", &[]),
        unit("3-1-1502", &[("张三", "5550-1234"), ("张三家属", "")]),
        unit("3-2-301", &[]),
        unit("3-2-1501", &[]),
        unit("3-2-1502", &[("章小明", "5550-4321")]),
        unit("12-1-101", &[("单雄", "")]),
        unit("A-1502", &[("陈佳", "")]),
        unit("A-15D", &[]),
        unit("5-0302", &[("王五", "")]),
        unit("商铺-S01", &[("便利店", "5550-9001")]),
        unit("商铺-S02", &[("药房", "")]),
    ]))
}

fn labels(index: &UnitIndex, typed: &str) -> Vec<String> {
    index.search(typed, 50).into_iter().map(|hit| hit.label).collect()
}

#[test]
fn what_is_typed_finds_what_is_meant_first() {
    let index = estate();
    use Matched::{Address, Label, Name, NameAndAddress, Phone, Room, Sound};
    let mut wrong = Vec::new();
    for (typed, first, matched) in [
        // The label and its shapes.
        ("3-2-1502", "3-2-1502", Label),
        ("  3-2-1502 ", "3-2-1502", Label),
        ("３－２－１５０２", "3-2-1502", Label),
        ("3—2—1502", "3-2-1502", Label),
        ("3 2 1502", "3-2-1502", Label),
        ("3.2.1502", "3-2-1502", Label),
        ("3、2、1502", "3-2-1502", Label),
        ("三-二-一五零二", "3-2-1502", Label),
        ("a-1502", "A-1502", Label),
        ("A-15D", "A-15D", Label),
        // With words between.
        ("3栋2单元1502", "3-2-1502", Address),
        ("3栋2单元1502室", "3-2-1502", Address),
        ("３栋２单元１５０２室", "3-2-1502", Address),
        ("三栋二单元1502", "3-2-1502", Address),
        ("三栋二单元一五〇二", "3-2-1502", Address),
        ("3号楼2单元1502", "3-2-1502", Address),
        ("3幢2单元1502房", "3-2-1502", Address),
        ("3座2单元1502", "3-2-1502", Address),
        ("3#2单元1502", "3-2-1502", Address),
        ("3#楼2单元1502", "3-2-1502", Address),
        ("3#-2-1502", "3-2-1502", Address),
        ("3楼2单元1502", "3-2-1502", Address),
        ("3 栋 2 单元 1502", "3-2-1502", Address),
        ("3号2单元1502", "3-2-1502", Address),
        ("3栋2单元15楼1502", "3-2-1502", Address),
        ("3栋2单元15楼02室", "3-2-1502", Address),
        ("十二栋一单元101", "12-1-101", Address),
        // Traditional.
        ("三棟二單元1502", "3-2-1502", Address),
        ("3號樓2單元1502", "3-2-1502", Address),
        ("商舖S02", "商铺-S02", Address),
        // As pinyin, without an input method.
        ("3d2dy1502", "3-2-1502", Address),
        ("3D2DY1502", "3-2-1502", Address),
        ("3dong2danyuan1502", "3-2-1502", Address),
        ("3hl2dy1502s", "3-2-1502", Address),
        ("321502", "3-2-1502", Address),
        ("a1502", "A-1502", Address),
        ("A座1502", "A-1502", Address),
        ("a座15d", "A-15D", Address),
        ("商铺s01", "商铺-S01", Address),
        // Parts.
        ("三栋二单元", "3-2-301", Address),
        ("3-2", "3-2-301", Address),
        ("3d2dy", "3-2-301", Address),
        ("3-2-15", "3-2-1501", Address),
        ("3-1502", "3-1-1502", Address),
        ("3栋1502", "3-1-1502", Address),
        ("3栋15楼", "3-1-1502", Address),
        ("3栋", "3-1-201", Address),
        ("3", "3-1-201", Address),
        ("商", "商铺-S01", Address),
        ("1502", "1-1-1502", Room),
        ("1502室", "1-1-1502", Room),
        ("一五零二", "1-1-1502", Room),
        ("15d", "A-15D", Room),
        ("5-302", "5-0302", Address),
        ("302", "5-0302", Room),
        // People.
        ("张三", "3-1-1502", Name),
        ("张三家属", "3-1-1502", Name),
        ("张三先生", "3-1-1502", Name),
        ("zs", "3-1-1502", Sound),
        ("zhangsan", "3-1-1502", Sound),
        ("zhangs", "3-1-1502", Sound),
        ("ZXM", "3-2-1502", Sound),
        ("sx", "12-1-101", Sound),
        ("shanxiong", "12-1-101", Sound),
        ("陳佳", "A-1502", Sound),
        ("李四", "1-1-1502", Name),
        ("王五", "5-0302", Name),
        ("yf", "商铺-S02", Sound),
        ("药房", "商铺-S02", Name),
        // Telephones.
        ("1234", "3-1-1502", Phone),
        ("１２３４", "3-1-1502", Phone),
        ("55504321", "3-2-1502", Phone),
        ("13800001111", "1-1-1502", Phone),
        // Somebody somewhere.
        ("张1502", "2-2-1502", NameAndAddress),
        ("1502张", "2-2-1502", NameAndAddress),
        ("张先生1502", "2-2-1502", NameAndAddress),
        ("1502张先生", "2-2-1502", NameAndAddress),
        ("张三1502", "3-1-1502", NameAndAddress),
        ("zs1502", "3-1-1502", NameAndAddress),
        ("李 1502", "1-1-1502", NameAndAddress),
        ("陳1502", "A-1502", NameAndAddress),
        ("章3-2-1502", "3-2-1502", NameAndAddress),
        ("张3栋", "3-1-1502", NameAndAddress),
        ("王五302", "5-0302", NameAndAddress),
    ] {
        let hits = index.search(typed, 8);
        let found = hits.first().map(|hit| (hit.label.as_str(), hit.matched));
        if found != Some((first, matched)) {
            wrong.push(format!("{typed}: wanted {first} by {matched:?}, found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_part_finds_all_of_it_in_order() {
    let index = estate();
    assert_eq!(labels(&index, "三栋二单元"), ["3-2-301", "3-2-1501", "3-2-1502"]);
    assert_eq!(labels(&index, "1502"), ["1-1-1502", "2-1-1502", "2-2-1502", "3-1-1502", "3-2-1502", "A-1502"]);
    assert_eq!(labels(&index, "3栋1502"), ["3-1-1502", "3-2-1502"]);
    assert_eq!(labels(&index, "3栋15楼"), ["3-1-1502", "3-2-1501", "3-2-1502"]);
    // Heard over the telephone, 张 may be 章: the one that is written so comes first.
    assert_eq!(labels(&index, "张"), ["2-2-1502", "3-1-1502", "3-2-1502"]);
    assert_eq!(index.search("1502", 2).len(), 2);
    assert_eq!(index.search("1502", 0).len(), 0);
}

#[test]
fn nothing_finds_nothing() {
    let index = estate();
    for typed in
        ["", "   ", "-", "栋", "单元", "#", "9-9-9999", "3栋3单元1502", "zzzz", "赵", "0000", "😀", "1-2-3-4-5"]
    {
        assert_eq!(labels(&index, typed), [""; 0], "{typed:?}");
    }
    assert_eq!(labels(&index, &"一栋".repeat(500)), [""; 0]);
}

#[test]
fn a_place_is_said_in_words() {
    let index = estate();
    for (typed, zh, en) in [
        ("3-2-1502", "3栋2单元1502室", "Building 3, entrance 2, 1502"),
        ("A-15D", "A座15D", "Building A, 15D"),
        ("商铺-S01", "商铺S01", "商铺, S01"),
    ] {
        let place = index.search(typed, 1)[0].place.clone();
        assert_eq!((place.zh.as_str(), place.en.as_str()), (zh, en));
    }
}

#[test]
fn the_demo_site_is_searched() {
    let file = dutybook_domain::site::file::parse(include_str!("../../../demo/site.toml")).unwrap();
    let index = UnitIndex::new(&file.site);
    for (typed, first) in [
        ("3-2-1502", "3-2-1502"),
        ("3d2dy1502", "3-2-1502"),
        ("三栋二单元", "3-2-101"),
        ("1502", "1-1-1502"),
        ("A座1502", "A-1502"),
        ("yf", "商铺-S02"),
    ] {
        assert_eq!(labels(&index, typed).first().map(String::as_str), Some(first), "{typed}");
    }
}

fn part() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[1-9][0-9]{0,2}", 1 => "[A-Z]", 1 => "[A-Z][0-9]{2}", 1 => "[东西南北商铺三]{1,2}"]
}

fn a_unit() -> impl Strategy<Value = Unit> {
    let name = prop_oneof!["[王李张刘陈单曾]{1}[伟芳娜敏静丽]{1,2}", "[A-Za-z]{1,8}", ".{0,6}"];
    let occupants = proptest::collection::vec((name, "[0-9-]{0,12}"), 0..3);
    (part(), prop_oneof![Just(String::new()), "[1-9]"], prop_oneof!["[1-9][0-9]{2,3}", part()], occupants).prop_map(
        |(building, entrance, room, occupants)| Unit {
            building,
            entrance,
            room,
            occupants: occupants.into_iter().map(|(name, phone)| Occupant { name, phone }).collect(),
            note: String::new(),
        },
    )
}

proptest! {
    #[test]
    fn any_text_has_an_answer(units in proptest::collection::vec(a_unit(), 0..12), typed in ".{0,60}") {
        let index = UnitIndex::new(&site(units));
        let found = index.search(&typed, 5);
        prop_assert!(found.len() <= 5);
        // What was typed with a known beginning reaches further into the readings.
        for begun in ["3栋", "3d2dy", "15楼", "张"] {
            let _ = index.search(&format!("{begun}{typed}"), 5);
            let _ = index.search(&format!("{typed}{begun}"), 5);
        }
    }

    #[test]
    fn address_like_text_has_an_answer(
        units in proptest::collection::vec(a_unit(), 0..12),
        typed in "[0-9a-dszyl栋单元号楼层#三十百零棟張 -]{0,20}",
    ) {
        prop_assert!(UnitIndex::new(&site(units)).search(&typed, 3).len() <= 3);
    }

    #[test]
    fn a_label_as_written_finds_its_unit_first(units in proptest::collection::vec(a_unit(), 1..40)) {
        let site = site(units);
        let index = UnitIndex::new(&site);
        for (id, unit) in &site.units {
            let found = index.search(&unit.label(), 3);
            prop_assert_eq!(found.first().map(|hit| (hit.unit, hit.matched)), Some((*id, Matched::Label)));
        }
    }

    #[test]
    fn an_address_in_words_finds_its_unit_first(
        building in 1..40_u32, entrance in 1..5_u32, floor in 1..34_u32, flat in 1..9_u32,
        others in proptest::collection::vec(a_unit(), 0..40),
    ) {
        let room = format!("{floor}{flat:02}");
        let wanted = unit(&format!("{building}-{entrance}-{room}"), &[]);
        let label = wanted.label();
        let index = UnitIndex::new(&site(others.into_iter().chain([wanted])));
        for typed in [
            format!("{building}栋{entrance}单元{room}"),
            format!("{building}號樓{entrance}單元{room}室"),
            format!("{building}d{entrance}dy{room}"),
            format!("{building} {entrance} {room}"),
        ] {
            let found = index.search(&typed, 1);
            prop_assert_eq!(found.first().map(|hit| hit.label.as_str()), Some(label.as_str()), "{}", typed);
        }
    }
}

/// Prints what a search costs in an estate of 5,000 units: `cargo test --release -p dutybook-domain --test units -- --ignored --nocapture`
#[test]
#[ignore = "a measurement, not a check"]
fn cost_of_a_search() {
    let units = (1..=25).flat_map(|building| {
        (1..=2).flat_map(move |entrance| {
            (1..=25).flat_map(move |floor| {
                (1..=4).map(move |flat| {
                    let name = ["张伟", "李娜", "王芳", "单雄信", "欧阳明"][(floor + flat) % 5];
                    unit(&format!("{building}-{entrance}-{floor}{flat:02}"), &[(name, "13800001234")])
                })
            })
        })
    });
    let site = site(units);
    let begun = std::time::Instant::now();
    let index = UnitIndex::new(&site);
    println!("{} units, index {:?}", site.units.len(), begun.elapsed());
    for typed in ["3-2-1502", "3d2dy1502", "三栋二单元", "1502", "zs", "张1502", "zhangwei", "张伟先生三栋二单元十五楼"]
    {
        let begun = std::time::Instant::now();
        let found = index.search(typed, 8).len();
        println!("{typed}: {found} in {:?}", begun.elapsed());
    }
}
