//! What stands in a column: read from what was sent, and told in words.

use std::collections::BTreeMap;

use chrono::Timelike;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::sheet::{Column, Holds, OneOf};
use crate::acting::Acting;
use crate::engine::Refusal;
use crate::role::PersonRef;
use crate::time::{Day, Timestamp, Zone};
use crate::words;
use crate::words::Words;

/// Fields of a fact by the columns' keys.
pub(super) type Values = BTreeMap<String, Value>;

/// What stands in a cell, ready to be shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "is", content = "value", rename_all = "snake_case")]
pub enum CellValue {
    /// As typed.
    Text(String),
    /// A choice, in both languages.
    Words(Words),
    /// A moment.
    Moment(Timestamp),
    /// A civil day.
    Day(Day),
    /// People.
    People(Vec<PersonRef>),
    /// A number with its measure word.
    Count(Count),
}

/// A number with its measure word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Count {
    /// How many.
    pub count: u32,
    /// 份, 人 …
    pub unit: Words,
}

impl Column {
    /// The value as a fact keeps it: trimmed, of the right type, `None` when it was left empty.
    ///
    /// # Errors
    /// [`Refusal`] for a value that is not what the column holds, or is missing where it is needed.
    pub(super) fn take(&self, sent: Option<&Value>) -> Result<Option<Value>, Refusal> {
        let taken = match sent.filter(|value| !is_empty(value)) {
            None => None,
            Some(value) => Some(self.tidy(value).ok_or_else(|| self.unreadable())?),
        };
        if taken.is_none() && self.required {
            return Err(Refusal::missing(&self.words.words()));
        }
        Ok(taken)
    }

    fn unreadable(&self) -> Refusal {
        let (zh, en) = (self.words.0, self.words.1);
        Refusal::new("unreadable_value", words!("「{zh}」填得不对,请重填。", "“{en}” cannot be read; give it again."))
    }

    fn tidy(&self, value: &Value) -> Option<Value> {
        match self.holds {
            Holds::Person | Holds::People => {
                let people = people_of(value)?;
                let single = matches!(self.holds, Holds::Person);
                let chosen: Vec<&PersonRef> = people.iter().take(if single { 1 } else { usize::MAX }).collect();
                serde_json::to_value(chosen).ok()
            }
            Holds::Moment => value.as_i64().filter(|at| *at > 0).map(Value::from),
            Holds::Count(_) => value.as_u64().filter(|count| u32::try_from(*count).is_ok()).map(Value::from),
            Holds::Day => {
                serde_json::from_value::<Day>(value.clone()).ok().and_then(|day| serde_json::to_value(day).ok())
            }
            Holds::Choice(options) => {
                let chosen = value.as_str()?;
                options.iter().any(|OneOf(name, _)| *name == chosen).then(|| value.clone())
            }
            Holds::Text | Holds::Long | Holds::Phone | Holds::Place | Holds::Unit | Holds::Team => {
                value.as_str().map(|text| Value::from(text.trim()))
            }
        }
    }

    /// The cell, as far as the value can be read; what cannot is shown as it stands.
    pub(super) fn cell(&self, value: &Value) -> Option<CellValue> {
        if is_empty(value) {
            return None;
        }
        let read = match self.holds {
            Holds::Person | Holds::People => people_of(value).map(CellValue::People),
            Holds::Moment => value.as_i64().map(|at| CellValue::Moment(Timestamp(at))),
            Holds::Count(unit) => value
                .as_u64()
                .and_then(|count| u32::try_from(count).ok())
                .map(|count| CellValue::Count(Count { count, unit: unit.words() })),
            Holds::Day => serde_json::from_value(value.clone()).ok().map(CellValue::Day),
            Holds::Choice(options) => value.as_str().and_then(|chosen| {
                options
                    .iter()
                    .find(|OneOf(name, _)| *name == chosen)
                    .map(|OneOf(_, words)| CellValue::Words(words.words()))
            }),
            Holds::Text | Holds::Long | Holds::Phone | Holds::Place | Holds::Unit | Holds::Team => {
                value.as_str().map(|text| CellValue::Text(text.into()))
            }
        };
        read.or_else(|| Some(CellValue::Text(value.as_str().map_or_else(|| value.to_string(), Into::into))))
    }
}

impl CellValue {
    /// As a sentence has it; `zone` is where the fact was written.
    #[must_use]
    pub fn words(&self, zone: Zone) -> Words {
        match self {
            Self::Text(text) => Words::same(text.clone()),
            Self::Words(words) => words.clone(),
            Self::Moment(at) => {
                let local = at.local(zone);
                Words::same(format!("{} {:02}:{:02}", local.date_naive(), local.hour(), local.minute()))
            }
            Self::Day(day) => Words::same(day.to_string()),
            Self::People(people) => Words {
                zh: people.iter().map(|who| who.name.as_str()).collect::<Vec<_>>().join("、"),
                en: people.iter().map(|who| who.name.as_str()).collect::<Vec<_>>().join(", "),
            },
            Self::Count(Count { count, unit }) => Words::same(format!("{count} ")).then(unit.clone()),
        }
    }
}

pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// People as a list, or one of them alone.
pub(super) fn people_of(value: &Value) -> Option<Vec<PersonRef>> {
    let read = |value: &Value| serde_json::from_value::<PersonRef>(value.clone()).ok();
    match value {
        Value::Array(items) => items.iter().map(read).collect(),
        one => read(one).map(|one| vec![one]),
    }
}

/// The values of `columns` among what was sent.
///
/// # Errors
/// [`Refusal`] of the first that is missing or not readable, and of a field that no column is called.
pub(super) fn take(columns: &[&Column], sent: &Map<String, Value>, cx: &Acting<'_>) -> Result<Values, Refusal> {
    if let Some(stranger) = sent.keys().find(|key| !columns.iter().any(|column| column.key == **key)) {
        return Err(Refusal::new(
            "unknown_column",
            words!("这本登记簿没有「{stranger}」一栏。", "This register has no column “{stranger}”."),
        ));
    }
    let mut values = Values::new();
    for column in columns {
        if let Some(value) = column.take(sent.get(column.key))? {
            if let (Holds::Moment, Some(at)) = (column.holds, value.as_i64()) {
                cx.thinkable(Timestamp(at), &column.words.words())?;
            }
            values.insert(column.key.into(), value);
        }
    }
    Ok(values)
}
