//! Which volumes a device may see and write: by its role, enforced here for both directions.

use dutybook_domain::device::AppRole;
use dutybook_log::Class;
use dutybook_sync::{Classes, Scope};

/// What a device of this role may see at most. A role that a newer server gave is treated as the least one.
pub(crate) fn scope_of(role: &str) -> Scope {
    // A7: discipline, spot checks and leave decisions never leave the desk.
    let carried_around = Classes::NONE.with(Class::Standing).with(Class::Duty);
    Scope::of(match role.parse() {
        Ok(AppRole::Desk | AppRole::Admin) => Classes::ALL,
        Ok(AppRole::Tablet) | Err(_) => carried_around,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personnel_volumes_stay_at_the_desk() {
        for (role, sees) in [("desk", true), ("admin", true), ("tablet", false), ("watch", false)] {
            assert_eq!(scope_of(role).classes.has(Class::Personnel), sees, "{role}");
            assert!(scope_of(role).classes.has(Class::Duty) && scope_of(role).classes.has(Class::Standing), "{role}");
        }
    }
}
