//! `[[escalation]]`, `[[oncall]]`, `[[plan]]`: what a site prepares for emergencies.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::choices::{INCIDENTS, LEVELS, ROLES};
use super::item_id;
use super::items::{Reading, keyed, phone};
use super::read::{Fields, Keys, Node, Problems};
use crate::escalation::Level;
use crate::ids::RecordId;
use crate::role::Role;
use crate::site::items::Definition;
use crate::site::{EscalationRoute, IncidentCategory, ManagerOncall, Person, ResponsePlan};
use crate::words;

impl Reading<'_, '_> {
    /// Reads them; contacts and people were read before.
    pub(super) fn emergency(&mut self, p: &mut Problems<'_>, code: &str, contacts: &Keys) {
        let timers = self.file.site.settings.timers.clone();
        let mut levels = BTreeSet::new();
        for mut it in self.root.tables(p, "escalation", "level") {
            let level = it.required(p, "level").and_then(|node| node.choice(p, LEVELS));
            let usual = EscalationRoute::usual(level.unwrap_or_default(), &timers);
            let route = EscalationRoute {
                level: usual.level,
                lines: it.required(p, "lines").map(|node| lines(&node, p)).unwrap_or_default(),
                repeat_min: it.get("repeat").map_or(usual.repeat_min, |node| node.whole(p, 1, 24 * 60)),
                next_min: it.get("next").map_or(usual.next_min, |node| node.whole(p, 1, 24 * 60)),
            };
            let name = level.map(|level: Level| level.words().zh).unwrap_or_default();
            if level.is_some_and(|level| !levels.insert(level)) {
                let words = words!("「{name}」写了两次。", "The level “{name}” stands here twice.");
                p.error(&it.at, &it.path, words, None);
            }
            self.file.site.escalation_routes.insert(item_id(code, EscalationRoute::KIND, &name), route);
            it.finish(p);
        }
        for (key, mut it) in keyed(&mut self.root, p, "oncall") {
            let person = it.required(p, "person").map(|node| self.people.find(p, &node, Person::KIND));
            let line = ManagerOncall {
                person: person.unwrap_or(RecordId(Uuid::nil())),
                post: it.text(p, "post"),
                backup: it.get("backup").map(|node| phone(&node, p)).unwrap_or_default(),
                topics: it.text_or_empty(p, "topics"),
                order: it.required(p, "order").map_or(1, |node| node.whole(p, 1, 999)),
            };
            self.file.site.oncall.insert(item_id(code, ManagerOncall::KIND, &key), line);
            it.finish(p);
        }
        for (key, mut it) in keyed(&mut self.root, p, "plan") {
            let plan = plan(&mut it, p, contacts);
            self.file.site.plans.insert(item_id(code, ResponsePlan::KIND, &key), plan);
            it.finish(p);
        }
    }
}

/// `[["总值班员", "项目经理"], ["公司值班领导"]]`: lines at the same time, roles in calling order.
fn lines(node: &Node<'_, '_>, p: &mut Problems<'_>) -> Vec<Vec<Role>> {
    let lines: Vec<Vec<Role>> = node
        .list(p)
        .iter()
        .map(|line| line.one_or_more(p).iter().filter_map(|role| role.choice(p, ROLES)).collect())
        .collect();
    if lines.is_empty() || lines.iter().any(Vec::is_empty) {
        p.error(
            &node.span(),
            &node.path,
            words!("上报没有对象。", "The report would go to nobody."),
            Some(words!(
                "写作 [[\"总值班员\", \"项目经理\"], [\"公司值班领导\"]]:两路同时呼叫,每路按先后。",
                "Write [[\"总值班员\", \"项目经理\"], [\"公司值班领导\"]]: two lines at the same time, each in order."
            )),
        );
    }
    lines
}

fn plan(it: &mut Fields<'_, '_>, p: &mut Problems<'_>, contacts: &Keys) -> ResponsePlan {
    let name = it.text(p, "name");
    let category = it.required(p, "category").and_then(|node| node.choice(p, INCIDENTS));
    let texts = |nodes: Vec<Node<'_, '_>>, p: &mut Problems<'_>| -> Vec<String> {
        nodes.iter().map(|node| node.text(p)).filter(|text| !text.is_empty()).collect()
    };
    let steps = it.required(p, "steps").map(|node| (node.span(), node.path.clone(), node.list(p)));
    let steps = steps.map_or_else(Vec::new, |(at, path, nodes)| {
        let steps = texts(nodes, p);
        if steps.is_empty() {
            p.error(&at, &path, words!("处置卡没有步骤。", "The card has no steps."), None);
        }
        steps
    });
    let never = it.list_or_empty(p, "never");
    let call = it.list_or_empty(p, "call");
    ResponsePlan {
        name,
        category: category.unwrap_or(IncidentCategory::Other),
        steps,
        never: texts(never, p),
        call: call.iter().map(|node| contacts.find(p, node, "contact")).collect(),
    }
}
