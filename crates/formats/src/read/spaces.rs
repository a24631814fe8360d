//! Model space and paper space.

use drawing::BlockId;

use super::context::Context;
use super::entity::Outside;

impl Context {
    /// The space of an entity of the ENTITIES section: model space, or the paper space that its owner is, or the active
    /// one.
    pub fn space_of(&mut self, outside: &Outside) -> BlockId {
        let model = self.block_named("*Model_Space");
        let owner = outside.owner.and_then(|handle| self.block_records.get(&handle)).copied();
        let paper = owner.filter(|owner| *owner != model && self.is_paper_space(*owner));
        match paper {
            Some(paper) => paper,
            None if outside.in_paper => self.block_named("*Paper_Space"),
            None => model,
        }
    }

    fn is_paper_space(&self, id: BlockId) -> bool {
        let name = self.block_name(id);
        name.get(..12).is_some_and(|start| start.eq_ignore_ascii_case("*Paper_Space"))
    }

    /// The name of a block that was mentioned.
    pub fn block_name(&self, id: BlockId) -> &str {
        self.blocks.first_name(id.into())
    }
}
