//! How long records are kept (保存期限): one rule for each sort of papers.

use serde::{Deserialize, Serialize};

/// The site's rules. What none of them names is kept as long as the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(transparent)]
pub struct Retention(pub Vec<RetentionRule>);

/// How long one sort of papers is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct RetentionRule {
    /// Stable key.
    pub key: String,
    /// What the papers are called.
    pub name: String,
    /// The kinds of records they are made of.
    pub kinds: Vec<String>,
    /// Years after the end of their month; none for 长期, which is never destroyed.
    pub years: Option<u16>,
}

/// Years where the regulations say so (D2.8.5) and no rule says otherwise.
const LEDGER_YEARS: u16 = 3;

impl Default for Retention {
    /// The table of an existing property company, with the three years of D2.8.5 where the regulations name them.
    fn default() -> Self {
        let rule = |key: &str, name: &str, kinds: &[&str], years: Option<u16>| RetentionRule {
            key: key.into(),
            name: name.into(),
            kinds: kinds.iter().map(|kind| (*kind).into()).collect(),
            years,
        };
        Self(vec![
            rule(
                "ledger",
                "客服工作台帐、日报表、工作日志",
                &["journal", "daily_report", "work_log", "month_seal"],
                Some(3),
            ),
            rule("contacts", "来电/来访登记", &["contact_record"], Some(1)),
            rule("orders", "服务派工单与回访", &["work_order"], Some(3)),
            rule("complaints", "投诉、意见、纠纷与回访", &["complaint"], Some(3)),
            rule("handovers", "交接班与公物清点", &["handover"], Some(3)),
            rule("rounds", "安全巡逻路线、签到与问题", &["patrol_run"], Some(1)),
            rule("incidents", "突发事件调查和处理报告", &["incident"], None),
            rule("archive", "归档清单与销毁清册", &["archive_item"], None),
        ])
    }
}

impl Retention {
    /// The rule a kind falls under. Where several name it, the longest wins.
    #[must_use]
    pub fn rule_of(&self, kind: &str) -> RetentionRule {
        let named = self.0.iter().filter(|rule| rule.kinds.iter().any(|named| named == kind));
        named.max_by_key(|rule| (rule.years.is_none(), rule.years)).cloned().unwrap_or_else(|| RetentionRule {
            key: "others".into(),
            name: "其他值班记录".into(),
            kinds: Vec::new(),
            years: Some(LEDGER_YEARS),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_rule_wins_and_what_is_not_named_is_kept_three_years() {
        let mut retention = Retention::default();
        assert_eq!(retention.rule_of("patrol_run").years, Some(1));
        assert_eq!(retention.rule_of("incident").years, None);
        assert_eq!(retention.rule_of("whereabouts").years, Some(3));
        let rule = |key: &str, years| RetentionRule {
            key: key.into(),
            name: key.into(),
            kinds: vec!["patrol_run".into()],
            years,
        };
        retention.0.insert(0, rule("fire", Some(5)));
        assert_eq!(retention.rule_of("patrol_run").key, "fire");
        retention.0.push(rule("for_ever", None));
        assert_eq!(retention.rule_of("patrol_run").key, "for_ever");
    }
}
