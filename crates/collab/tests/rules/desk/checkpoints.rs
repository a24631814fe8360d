//! When a desk has its room kept.

use super::*;

#[test]
fn checkpoints_come_at_a_bounded_cost_and_when_it_closes() {
    let mut office = Office::new(Limits::default());
    office.come_in(ANA);
    let mut saved = Vec::new();
    for n in 1..=10_100 {
        let request = if n % 2 == 1 {
            Request::Lock { ids: ids(&[10]), wait: false }
        } else {
            Request::Unlock { ids: ids(&[10]) }
        };
        office.ask(ANA, n, request);
        office.stored();
        office.others.retain(|effect| {
            if let Effect::SaveCheckpoint { room } = effect {
                saved.push(room.position().seq.0);
            }
            false
        });
    }
    assert_eq!(saved, [10_001]);
    let checks = office.take().into_iter().filter(|text| text.starts_with("1 check")).count();
    assert_eq!(checks, 1 + 10_102 / 256);
    let effects = office.desk.close("the server stops", true);
    assert!(matches!(&effects[..], [Effect::SaveCheckpoint { room }, Effect::Close { retry: true, .. }]
        if Room::from_checkpoint(&room.to_checkpoint()).is_ok()));
}
