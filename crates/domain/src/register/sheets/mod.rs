//! The registers, one file each. A new one is a file, a line here, and a line in [`crate::kinds`].

use super::sheet::Sheet;

macro_rules! sheets {
    ($($file:ident :: $register:ident),+ $(,)?) => {
        $(mod $file; pub use $file::$register;)+

        /// All registers, in the order they stand on the shelf.
        pub static SHEETS: &[&Sheet] = &[$(<$register as super::Register>::SHEET),+];

        /// Their printed pages, in the same order.
        pub(crate) fn forms() -> impl Iterator<Item = crate::form::Sheet> {
            [$(super::form::of::<$register>()),+].into_iter()
        }
    };
}

sheets! {
    instruction::Instruction,
    ad_hoc_task::AdHocTask,
    contact_sheet::ContactSheet,
    remark::SupervisionRemark,
    regulation::Regulation,
    document_in::DocumentIn,
    document_out::DocumentOut,
    minutes::Minutes,
    protective_measure::ProtectiveMeasure,
    video_lookup::VideoLookup,
    visitor::Visitor,
    hotline_call::HotlineCall,
    line_test::LineTest,
}
