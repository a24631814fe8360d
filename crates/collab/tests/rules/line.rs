//! The line for what others hold, and overrides, as plays: who does what, and who holds and waits for what in the end.

use collab::Room;
use drawing::{Op, RecordId};
use protocol::{Ended, Event, Limits, Refusal, Request, Role, Seq, SessionId};

use crate::lab::{Lab, ids, line};

/// Ana, Ben and Cara, who edit, and Olga, an owner.
const PEOPLE: &str = "abco";

struct Play {
    lab: Lab,
    people: Vec<SessionId>,
    /// What came of the last thing that was done.
    last: String,
}

impl Play {
    fn new() -> Play {
        let mut lab = Lab::new();
        let mut role = Role::Editor;
        let people = PEOPLE.chars().zip(1..).map(|(who, client)| {
            if who == 'o' {
                role = Role::Owner;
            }
            lab.join(client, role, None)
        });
        let people = people.collect();
        Play { lab, people, last: String::new() }
    }

    fn session(&self, who: char) -> SessionId {
        self.people[PEOPLE.find(who).unwrap_or_else(|| panic!("{who} is somebody"))]
    }

    fn name(&self, session: SessionId) -> char {
        let at = self.people.iter().position(|each| *each == session).expect("a session is somebody's");
        PEOPLE.as_bytes()[at].into()
    }

    /// The first place in the line that is somebody's; one that isn't there if none is.
    fn wait_of(&self, who: char) -> Seq {
        self.lab.room.shared().claims.waits_of(self.session(who)).next().map_or(Seq(999), |wait| wait.wait)
    }

    /// The token of what somebody holds, the lowest record's.
    fn token_of(&self, who: char) -> Seq {
        let session = self.session(who);
        self.lab.room.shared().locks.values().find(|lock| lock.session == session).map_or(Seq(999), |lock| lock.token)
    }

    /// `a+10,11` locks, `a?10` locks or stands in line, `a-10` lets go, `a>10` hands over, `a~b` says "not now" to b, `a<`
    /// withdraws, `a*10` deletes, `a!` leaves, `a%10` lapses, `o^a` overrides what a holds, `o=a` calls that off, `o#a` is
    /// the end of the countdown, `a@` undoes a's last edit, `a&` makes a line.
    fn act(&mut self, step: &str) {
        let mut letters = step.chars();
        let (who, what) = (letters.next().expect("somebody"), letters.next().expect("something"));
        let rest = letters.as_str();
        let of: Vec<u64> = rest.split(',').filter_map(|id| id.parse().ok()).collect();
        let other = rest.chars().next().unwrap_or('?');
        let me = self.session(who);
        let result = match what {
            '+' | '?' => self.lab.ask(me, Request::Lock { ids: ids(&of), wait: what == '?' }),
            '-' => self.lab.ask(me, Request::Unlock { ids: ids(&of) }),
            '>' => self.lab.ask(me, Request::HandOver { ids: ids(&of) }),
            '~' => self.lab.ask(me, Request::Decline { wait: self.wait_of(other) }),
            '<' => self.lab.ask(me, Request::Withdraw { wait: self.wait_of(if other == '?' { who } else { other }) }),
            '*' => self.lab.edit(me, Op::Remove(ids(&of))),
            '&' => {
                let first = self.lab.room.ids_of(me)[0].first.0;
                self.lab.edit(me, Op::New(vec![line(first)]))
            }
            '@' => {
                let (undoable, _) = self.lab.room.undoable(me);
                self.lab.undo(me, &undoable[undoable.len() - 1..])
            }
            '!' => {
                self.lab.leave(me);
                Ok(None)
            }
            '%' => {
                let lapsed = Event::Unlocked { session: me, ids: ids(&of), lapsed: true, overridden_by: None };
                Ok(Some(self.lab.store(None, lapsed)))
            }
            '^' => self.lab.ask(me, Request::Override { token: self.token_of(other), of: Some(self.session(other)) }),
            '=' => self.lab.ask(me, Request::CallOff { token: self.token_of(other), of: Some(self.session(other)) }),
            '#' => {
                let (session, token) = (self.session(other), self.token_of(other));
                let under = self.lab.room.shared().locks.iter();
                let under = under.filter(|(_, lock)| lock.session == session && lock.token == token);
                let ids: Vec<_> = under.map(|(id, _)| *id).collect();
                let overridden = Event::Unlocked { session, ids, lapsed: false, overridden_by: Some(me) };
                Ok(Some(self.lab.store(None, overridden)))
            }
            other => panic!("{other} is nothing that anybody does"),
        };
        self.last = match result {
            Ok(Some(_)) => "stored".into(),
            Ok(None) => "nothing".into(),
            Err(Refusal::Circle { through, yours }) => {
                let through: String = through.into_iter().map(|session| self.name(session)).collect();
                format!("circle {through} {}", yours[0].0)
            }
            Err(Refusal::Limit { limit, .. }) => limit,
            Err(Refusal::NotAllowed { .. }) => "not allowed".into(),
            Err(other) => format!("{other:?}"),
        };
    }

    /// Who holds what, who waits for what in order, whose locks end soon.
    fn state(&self) -> String {
        let shared = self.lab.room.shared();
        let some = |ids: &[RecordId]| ids.iter().map(|id| id.0.to_string()).collect::<Vec<_>>().join(",");
        let mut parts = Vec::new();
        for (session, who) in self.people.iter().zip(PEOPLE.chars()) {
            let held = shared.held_by(*session);
            if !held.is_empty() {
                parts.push(format!("{who}:{}", some(&held)));
            }
        }
        for wait in shared.claims.line() {
            let mut part = format!("{}?{}", self.name(wait.session), some(&wait.ids));
            wait.declined_by.iter().for_each(|by| part.extend(['~', self.name(*by)]));
            parts.push(part);
        }
        for each in shared.claims.countdowns() {
            parts.push(format!("{}^{}", self.name(each.by), self.name(each.session)));
        }
        parts.join(" ")
    }
}

/// Plays, and compares what is so in the end, and what came of the last step.
fn check(cases: &[(&str, &str, &str, &str)]) {
    for (what, steps, state, last) in cases {
        let mut play = Play::new();
        steps.split(' ').for_each(|step| play.act(step));
        assert_eq!((play.state().as_str(), play.last.as_str()), (*state, *last), "{what}: {steps}");
        // The rest of the room is no other by way of a checkpoint, and goes on the same.
        let again = Room::from_checkpoint(&play.lab.room.to_checkpoint()).expect("a checkpoint is read");
        assert_eq!(again.digest(), play.lab.room.digest(), "{what}");
    }
}

#[test]
fn what_is_held_is_waited_for_first_come_first_served() {
    check(&[
        ("what is free is held at once", "a?10", "a:10", "stored"),
        ("what is held is waited for, all of it", "a+10 b?10,11", "a:10 b?10,11", "stored"),
        ("one without wait is refused as ever", "a+10 c?10 b+11", "a:10 b:11 c?10", "stored"),
        ("letting go gives it to the first", "a+10 b?10 c?10 a-10", "b:10 c?10", "stored"),
        ("and then to the next", "a+10 b?10 c?10 a-10 b-10", "c:10", "stored"),
        ("who asks again keeps their place", "a+10 b?10 c?10 b?10", "a:10 b?10 c?10", "nothing"),
        ("who needs more than is free is passed over", "a+10,11 b?10,11 c?10 a-10", "a:11 c:10 b?10,11", "stored"),
        ("and is first again when all of it is", "a+10,11 b?10,11 c?10 a-10 c-10 a-11", "b:10,11", "stored"),
        ("several get theirs by one entry", "a+10,11 b?10 c?11 a-10,11", "b:10 c:11", "stored"),
        ("withdrawing", "a+10 b?10 b<", "a:10", "stored"),
        ("somebody else can't withdraw one", "a+10 b?10 c<b", "a:10 b?10", "nothing"),
        ("who leaves waits no more", "a+10 b?10 c?10 b! a-10", "c:10", "stored"),
        ("who leaves lets go", "a+10 b?10 a!", "b:10", "nothing"),
        ("who waits is given what lapses", "a+10,11 b?11 a%10,11", "b:11", "stored"),
        ("what is deleted is waited for no more", "a+10,11 b?10,11 a*10", "a:11 b?11", "stored"),
        ("the rest may be free then", "a+10 b?10,11 a*10", "b:11", "stored"),
        ("and nothing may be left", "a+10 b?10 a*10", "", "stored"),
        ("what comes back is its maker's", "a+10 b?10 a*10 a@", "a:10", "stored"),
        ("what one holds by now one waits for no more", "a+10 b?10,11 b+11", "a:10 b:11 b?10", "stored"),
        (
            "of two waits of one person the first served shortens the other",
            "a+10,11 b?10,11 b?10 a-10",
            "a:11 b:10 b?11",
            "stored",
        ),
        ("undoing a creation frees nothing that isn't there", "a& a+10 b?10 a@", "a:10 b?10", "stored"),
    ]);
}

#[test]
fn undoing_a_creation_serves_who_waits_for_it_and_for_more() {
    let mut play = Play::new();
    play.act("a&");
    let made = play.lab.room.shared().held_by(play.session('a'))[0].0;
    play.act(&format!("b?{made},11"));
    assert_eq!(play.state(), format!("a:{made} b?11,{made}"));
    play.act("a@");
    assert_eq!(play.state(), "b:11");
}

#[test]
fn handing_over_and_not_now() {
    check(&[
        ("to the first in line", "a+10 b?10 c?10 a>10", "b:10 c?10", "stored"),
        ("each to its first", "a+10,11 b?11 c?10,11 a>10,11", "b:11 c:10 c?11", "stored"),
        ("even where they wait for more", "a+10 c+11 b?10,11 a>10", "b:10 c:11 b?11", "stored"),
        ("what nobody waits for stays", "a+10,11 b?10 a>10,11", "a:11 b:10", "stored"),
        ("nobody waits at all", "a+10 a>10", "a:10", "nothing"),
        ("what one doesn't hold isn't one's to give", "a+10 b?10 c>10", "a:10 b?10", "nothing"),
        ("not now: they stay in line", "a+10 b?10 a~b", "a:10 b?10~a", "stored"),
        ("said once", "a+10 b?10 a~b a~b", "a:10 b?10~a", "nothing"),
        ("not by who holds nothing of it", "a+10 b?10 c~b", "a:10 b?10", "nothing"),
        ("they get it all the same when it is let go", "a+10 b?10 a~b a-10", "b:10", "stored"),
    ]);
}

#[test]
fn nobody_waits_in_a_circle() {
    check(&[
        ("two", "a+10 b+11 a?11 b?10", "a:10 b:11 a?11", "circle a 11"),
        ("three", "a+10 b+11 c+12 a?11 b?12 c?10", "a:10 b:11 c:12 a?11 b?12", "circle ab 12"),
        ("two who wait for the same are none", "a+10 b?10 c?10", "a:10 b?10 c?10", "stored"),
        ("waiting for some of what is free closes none", "a+10 b+11 a?11,12 b?12", "a:10 b:11,12 a?11,12", "stored"),
        // Ben waits for Ana, who waits for Cara and for what is free. Who takes that ends their own wait by it.
        (
            "taking what somebody waits for whom one waits for",
            "a+10 c+11 b?10 a?11,12 b+12",
            "a:10 b:12 c:11 a?11,12",
            "stored",
        ),
        ("getting it from the line", "o+13 a+10 c+11 a?11,13 b?13 b?10 o-13", "a:10 b:13 c:11 a?11,13", "stored"),
        ("getting it handed over", "a+10 c+11 b?10,11 c?10 a>10", "b:10 c:11 c?10", "stored"),
    ]);
}

#[test]
fn an_override_counts_down_and_ends_once() {
    check(&[
        ("it starts", "a+10,11 o^a", "a:10,11 o^a", "stored"),
        ("once", "a+10 o^a o^a", "a:10 o^a", "nothing"),
        ("it ends", "a+10,11 o^a o#a", "", "stored"),
        ("who waits gets it", "a+10 b?10 o?10 o^a o#a", "b:10 o?10", "stored"),
        ("the holder lets go before", "a+10,11 o^a a-10,11", "", "stored"),
        ("of some of it, and it goes on", "a+10,11 o^a a-10", "a:11 o^a", "stored"),
        ("the holder hands over before", "a+10 o?10 o^a a>10", "o:10", "stored"),
        ("the holder leaves before", "a+10 o^a a!", "", "nothing"),
        ("the holder deletes it before", "a+10 o^a a*10", "", "stored"),
        ("it is called off", "a+10 o^a o=a", "a:10", "stored"),
        ("and once only", "a+10 o^a o=a o=a", "a:10", "nothing"),
        ("it goes on when the owner leaves", "a+10 o^a o!", "a:10 o^a", "nothing"),
        ("not by an editor", "a+10 b^a", "a:10", "not allowed"),
        ("nor called off by one", "a+10 o^a b=a", "a:10 o^a", "not allowed"),
        ("nothing is held", "o^a", "", "nothing"),
        ("one's own ends at once", "o+10 o^o", "", "stored"),
    ]);
}

#[test]
fn a_token_may_be_of_several_who_got_theirs_by_one_entry() {
    let mut play = Play::new();
    ["a+10,11", "b?10", "c?11", "a-10,11"].iter().for_each(|step| play.act(step));
    let (owner, token) = (play.session('o'), play.token_of('b'));
    assert_eq!(token, play.token_of('c'));
    let refused = play.lab.ask(owner, Request::Override { token, of: None });
    assert!(matches!(refused, Err(Refusal::Invalid { .. })), "{refused:?}");
    play.act("o^c");
    assert_eq!(play.state(), "b:10 c:11 o^c");
    play.act("o#c");
    assert_eq!(play.state(), "b:10");
}

#[test]
fn the_line_is_bounded() {
    let limits = Limits { waits_max: 2, wait_records_max: 3, line_records_max: 5, ..Limits::default() };
    let mut play = Play::new();
    play.act("a+10,11,12,13,14");
    let (ben, cara) = (play.session('b'), play.session('c'));
    for (who, of, expect) in [
        (ben, vec![10, 11, 12, 13], "wait_records_max"),
        (ben, vec![10], ""),
        (ben, vec![10, 11, 12], "wait_records_max"),
        (ben, vec![11, 12], ""),
        (ben, vec![13], "waits_max"),
        (cara, vec![10, 11, 12], "line_records_max"),
        (cara, vec![10, 11], ""),
    ] {
        let request = Request::Lock { ids: ids(&of), wait: true };
        let over = match play.lab.room.decide(who, &request, &limits) {
            Ok(_) => {
                play.lab.ask(who, request).expect("it is within the usual limits too");
                String::new()
            }
            Err(Refusal::Limit { limit, .. }) => limit,
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(over, expect, "{of:?}");
    }
}

#[test]
fn an_entry_about_the_line_that_does_not_follow_changes_nothing() {
    let mut play = Play::new();
    ["a+10,11", "b?10"].iter().for_each(|step| play.act(step));
    let [ana, ben, cara, owner] = [0, 1, 2, 3].map(|n| play.people[n]);
    let (wait, token) = (play.wait_of('b'), play.token_of('a'));
    let (before, nobody) = (play.lab.room.digest(), SessionId(Seq(77)));
    for event in [
        Event::Queued { session: nobody, ids: ids(&[10]) },
        Event::Queued { session: ana, ids: ids(&[10]) },
        Event::Queued { session: ben, ids: ids(&[99]) },
        Event::Queued { session: cara, ids: ids(&[11, 10]) },
        Event::Queued { session: cara, ids: Vec::new() },
        Event::Withdrawn { session: cara, wait },
        Event::Withdrawn { session: ben, wait: Seq(2) },
        Event::HandedOver { session: ben, ids: ids(&[10]) },
        Event::HandedOver { session: ana, ids: ids(&[11]) },
        Event::Declined { session: nobody, wait },
        Event::Declined { session: ana, wait: Seq(2) },
        Event::Overriding { session: ben, token, by: owner },
        Event::Overriding { session: ana, token, by: nobody },
        Event::CalledOff { session: ana, token, by: owner },
    ] {
        let entry = protocol::Entry { time_ms: 0, author: None, event };
        let payload = protocol::encode_entry(&entry).expect("an entry is written");
        let at = play.lab.room.position().after(&payload);
        assert!(play.lab.room.apply_payload(at.seq, at.head, &payload).is_err(), "{entry:?}");
        assert_eq!(play.lab.room.digest(), before, "{entry:?}");
    }
    // What ends for good ends its waits too, whatever the entry is called.
    let epoch = play.lab.room.epoch(ben).expect("ben is there");
    play.lab.store(None, Event::Gone { session: ben, epoch, why: Ended::Expired });
    assert_eq!(play.state(), "a:10,11");
}
