//! What the benchmark asserts, with a small book: bytes and round trips, never times.

use anyhow::Result;
use dutybook_tests::bench::Plan;
use dutybook_tests::bench::book::FilledBook;
use dutybook_tests::bench::reconnect::Reconnect;

#[tokio::test(flavor = "multi_thread")]
async fn coming_back_with_nothing_new_costs_the_same_with_a_hundred_orders_and_a_thousand() -> Result<()> {
    let mut book = FilledBook::new().await?;
    let mut reconnect = Reconnect::default();
    for orders in Plan::quick().orders {
        book.fill(orders).await?;
        reconnect.measure(&mut book).await?;
    }
    assert!(reconnect.failures().is_empty(), "{:#?}\n{}", reconnect.failures(), reconnect.table());
    book.fleet.stop_server().await
}
