//! `[[floor_plan]]`: drawings of the site, and what is where on them.

use std::collections::BTreeSet;

use super::item_id;
use super::items::{Reading, keyed};
use super::read::{Node, Problems};
use crate::site::items::Definition;
use crate::site::{Checkpoint, DRAWING_MAX, FloorPlan, PinOf, PlanPin};
use crate::words;

/// How a drawing may begin: an SVG, or an image in the text itself.
const DRAWINGS: [&str; 5] =
    ["<svg", "<?xml", "data:image/png;base64,", "data:image/jpeg;base64,", "data:image/webp;base64,"];

impl<'a, 'i> Reading<'a, 'i> {
    /// Reads them; checkpoints and units were read before.
    pub(super) fn floor_plans(&mut self, p: &mut Problems<'_>, code: &str) {
        let buildings: BTreeSet<String> = self.file.site.units.values().map(|unit| unit.building.clone()).collect();
        for (order, (key, mut it)) in keyed(&mut self.root, p, FloorPlan::KIND).into_iter().enumerate() {
            let plan = FloorPlan {
                name: it.text(p, "name"),
                order: u16::try_from(order).unwrap_or(u16::MAX),
                drawing: it.required(p, "drawing").map(|node| drawing(&node, p)).unwrap_or_default(),
                pins: it.list_or_empty(p, "pins").iter().filter_map(|node| self.pin(node, p, &buildings)).collect(),
            };
            self.file.site.floor_plans.insert(item_id(code, FloorPlan::KIND, &key), plan);
            it.finish(p);
        }
    }

    /// `{ point = "gate", x = 250, y = 900 }` or `{ building = "3", … }`.
    fn pin(&self, node: &Node<'a, 'i>, p: &mut Problems<'_>, buildings: &BTreeSet<String>) -> Option<PlanPin> {
        let mut it = node.table(p)?;
        let point = it.get("point").map(|node| PinOf::Checkpoint(self.checkpoints.find(p, &node, Checkpoint::KIND)));
        let building = it.get("building").map(|node| {
            let building = node.text(p);
            if !building.is_empty() && !buildings.contains(&building) {
                p.error(
                    &node.span(),
                    &node.path,
                    words!("没有 {building} 栋的房号。", "No unit stands in building {building}."),
                    Some(words!(
                        "写 [[unit]] 或 [[units]] 里的栋号。",
                        "Write a building of the [[unit]] or [[units]]."
                    )),
                );
            }
            PinOf::Building(building)
        });
        if point.is_some() == building.is_some() {
            p.error(
                &it.at,
                &it.path,
                words!("一个标记只标一样:point(巡查点)或 building(栋)。", "A pin is of one thing: point or building."),
                None,
            );
        }
        let mut part = |name: &str| it.required(p, name).map_or(0, |node| node.whole(p, 0, 1000));
        let (x, y) = (part("x"), part("y"));
        it.finish(p);
        Some(PlanPin { of: point.or(building)?, x, y })
    }
}

fn drawing(node: &Node<'_, '_>, p: &mut Problems<'_>) -> String {
    let text = node.text(p);
    if !text.is_empty() && !DRAWINGS.iter().any(|begins| text.starts_with(begins)) {
        p.error(
            &node.span(),
            &node.path,
            words!("这不是图。", "This is no drawing."),
            Some(words!(
                "用三个单引号括起整个 <svg …>,或写 data:image/png;base64,…。",
                "Put a whole <svg …> between three apostrophes, or write data:image/png;base64,…."
            )),
        );
    }
    if text.len() > DRAWING_MAX {
        let (size, most) = (text.len() / 1024, DRAWING_MAX / 1024);
        p.error(
            &node.span(),
            &node.path,
            words!("图太大:{size} KB,最多 {most} KB。", "The drawing is too large: {size} KB of {most} KB at most."),
            Some(words!("减少细节或降低分辨率。", "Leave out detail, or take a lower resolution.")),
        );
    }
    text
}
