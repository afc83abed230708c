//! Text search that finds Chinese without a word list.
//!
//! Invariant: what is stored and what is asked for are folded by the same function.

use rusqlite::types::Value;

/// Full-width characters of the ASCII range become half-width, letters become small: `Ａ3－2` finds `a3-2`.
pub(crate) fn fold(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\u{ff01}'..='\u{ff5e}' => {
                char::from_u32(u32::from(character) - 0xff01 + u32::from('!')).unwrap_or(character)
            }
            '\u{3000}' => ' ',
            other => other,
        })
        .flat_map(char::to_lowercase)
        .collect()
}

/// The condition on `record` under which all words of `query` occur, with its arguments; `None` for an empty query.
///
/// Words of three characters and more use the index, shorter ones (水泵) are looked for in the text itself.
pub(crate) fn condition(query: &str, arguments: &mut Vec<Value>) -> Option<String> {
    let folded = fold(query);
    let conditions: Vec<String> = folded
        .split_whitespace()
        .map(|word| {
            if word.chars().count() >= 3 {
                arguments.push(Value::Text(format!("\"{}\"", word.replace('"', "\"\""))));
                let at = arguments.len();
                format!("record.document IN (SELECT rowid FROM record_search WHERE record_search MATCH ?{at})")
            } else {
                arguments.push(Value::Text(word.to_owned()));
                format!("instr(record.search, ?{}) > 0", arguments.len())
            }
        })
        .collect();
    (!conditions.is_empty()).then(|| conditions.join(" AND "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_and_capitals_fold_to_the_same() {
        assert_eq!(fold("Ａ３－２　KF2"), "a3-2 kf2");
        assert_eq!(fold("水泵房"), "水泵房");
    }

    #[test]
    fn short_words_read_the_text_and_long_ones_the_index() {
        let mut arguments = Vec::new();
        let condition = condition("水泵 地下车库", &mut arguments).unwrap();
        assert!(condition.starts_with("instr(record.search, ?1) > 0 AND "));
        assert_eq!(arguments[1], Value::Text("\"地下车库\"".into()));
        assert_eq!(super::condition("  ", &mut arguments), None);
    }
}
