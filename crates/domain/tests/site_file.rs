//! The site file: what is read, what is said about what is wrong, and what taking it in changes.
use dutybook_domain::site::file::parse;
const DEMO: &str = include_str!("../../../demo/site.toml");

#[test]
fn demo_is_in_order() {
    let file = parse(DEMO).map_err(|problems| format!("{problems:#?}")).unwrap();
    assert_eq!(file.warnings, vec![]);
    assert_eq!(file.site.units.len(), 404);
}
