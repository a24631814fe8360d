//! What the owner says of people on the page: roles, removing, banning, letting in again, and invites by name.

use protocol::{Event, Role};
use serde_json::Value;

use crate::browser::Browser;
use crate::journey::sign_in;
use crate::page::{DESKTOP, Look, PHONE, Page};
use crate::person::Person;
use crate::sample;
use crate::served::Served;

/// A link for somebody as the page makes it, with the dialog left again.
async fn link_for(page: &mut Page<'_>, name: &str, role: &str) -> String {
    page.click("button", "Invite").await;
    page.until("document.getElementById('invite-link')?.value !== ''").await;
    let choose = format!(
        "(() => {{ const it = document.querySelector('dialog select[name=role]'); it.value = '{role}';
          it.dispatchEvent(new Event('change')); }})()"
    );
    page.eval(&choose).await;
    if role == "owner" {
        page.until_text("who is to own a drawing is invited by name").await;
        let nothing =
            "document.getElementById('invite-link').value === '' && document.querySelector('dialog .qr svg') === null";
        assert_eq!(page.eval(nothing).await, true);
    }
    page.click("dialog input[name=for]", "").await;
    page.type_text(name).await;
    let link = "document.getElementById('invite-link').value";
    page.until(&format!("{link}.includes('#v2.{role}.0.') && {link}.includes('.{name}.')")).await;
    page.shoot(&format!("invite-for-{role}")).await;
    let link = page.eval(link).await;
    page.click("dialog button", "Close").await;
    page.until("document.querySelector('dialog') === null").await;
    link.as_str().expect("a link").to_owned()
}

/// Clicks a button of somebody's row.
async fn click_of(page: &mut Page<'_>, label: &str) {
    page.click(&format!("button[aria-label='{label}']"), "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_says_who_may_do_what_who_goes_and_who_stays_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let served = Served::start(&folder.path().join("data"), 0);
    let mut browser = Browser::start(folder.path()).await;
    let mut page = Page::open(&mut browser, &served.url, DESKTOP).await;
    sign_in(&mut page, served.secret.as_deref().expect("a first start")).await;
    page.give_file(&sample()).await;
    page.until("document.querySelector('[data-drawing=sample][aria-current=true]') !== null").await;
    let ana_link = link_for(&mut page, "Ana", "editor").await;
    let olga_link = link_for(&mut page, "Olga", "owner").await;
    let mut ana = Person::join(&ana_link, "Somebody else").await.expect("she comes in");
    let other = Person::join(&ana_link, "Ana, too").await.expect("her other machine comes in");
    let olga = Person::join(&olga_link, "").await.expect("the owner comes in");
    assert_eq!((ana.welcome.role, olga.welcome.role), (Role::Editor, Role::Owner));
    page.until("document.querySelectorAll('#people > li').length === 3").await;
    let names: Value =
        page.eval("[...document.querySelectorAll('#people .name')].map((each) => each.textContent)").await;
    assert_eq!(names, serde_json::json!(["Ana", "Ana (2)", "Olga"]));

    let session = ana.welcome.session;
    page.eval(&format!(
        "(() => {{ const it = document.querySelector('#people [data-session=\"{session}\"] select'); it.value = 'viewer';
          it.dispatchEvent(new Event('change')); }})()"
    ))
    .await;
    page.until_text("Ana may look now.").await;
    ana.until_event(|event| matches!(event, Event::RoleChanged { role: Role::Viewer, .. })).await;
    // One person on two machines is lowered on both.
    let lowered =
        "[...document.querySelectorAll('#people select')].map((each) => each.value).join() === 'viewer,viewer,owner'";
    page.until(lowered).await;
    page.shoot("people").await;

    click_of(&mut page, "Remove Ana (2)").await;
    page.until_text("They can come back by their link.").await;
    page.shoot("remove").await;
    page.click("dialog button.primary", "Remove").await;
    page.until_text("Ana (2) was removed.").await;
    let mut other = other;
    let why = other.end().await;
    assert!(why.starts_with("The host removed you"), "{why}");
    page.until("document.querySelectorAll('#people > li').length === 2").await;

    click_of(&mut page, "Ban Ana").await;
    page.click("dialog button.primary", "Ban").await;
    page.until_text("Ana is banned.").await;
    let why = ana.end().await;
    assert!(why.starts_with("The host banned you"), "{why}");
    page.until("document.querySelectorAll('#bans > li').length === 1").await;
    page.shoot("banned").await;
    let why = Person::join(&ana_link, "Ana").await.err().expect("she is kept out");
    assert!(why.starts_with("The host banned you"), "{why}");
    for look in [Look { dark: false, ..DESKTOP }, PHONE] {
        page.look(look).await;
        page.shoot(if !look.dark { "people-light" } else { "people-phone" }).await;
        let wide = "document.documentElement.scrollWidth <= innerWidth";
        assert_eq!(page.eval(wide).await, true, "nothing is wider than the page");
    }
    page.look(DESKTOP).await;
    click_of(&mut page, "Let Ana in again").await;
    page.until_text("Ana may come in again.").await;
    page.until("document.getElementById('bans').offsetParent === null").await;
    let again = Person::join(&ana_link, "Ana").await.expect("she comes in again");
    assert_eq!(again.welcome.role, Role::Viewer, "what was said of her holds");
    page.assert_clean();
}
