"""Makes HitSave save every call, however quick, up to a number of calls of each function.

So a program that takes a tenth of a second exercises thousands of lookups, checks and hits, and what is asked does not
depend on how busy the machine is. Statements at the top level and calls of libraries are asked about in each run, too, if
they are switched on; such a call site is never switched off for being quick.
"""

import os


def be_eager(limit: int) -> None:
    from hitsave.memo import policy, statements

    policy.BUDGET_SECONDS = policy.SITE_BUDGET_SECONDS = statements.BUDGET_SECONDS = 60.0
    begin, begin_site = policy.Policy.begin, policy.Policy.begin_site

    def begin_all(self, info):
        begin(self, info)
        if info.is_statement:
            info.candidate = info.recordable  # also if an earlier run found it quick

    def begin_all_sites(self, site):
        begin_site(self, site)
        site.costs.slow = 1
        return True

    def may_ask(self, info, now, net):
        return True

    def answered(self, info, saved, spent):
        count(self, info)

    def ran(self, info, seconds, spent):
        count(self, info)
        return True

    def unsaved(self, info):
        pass

    def settle(self, info, spent):
        pass

    def count(self, info):
        costs = self._costs(info)
        costs.asked += 1
        if costs.asked >= limit:
            info.candidate = False
            costs.never_pays = True

    kind = policy.Policy
    kind.begin, kind.begin_site, kind.may_ask = begin_all, begin_all_sites, may_ask
    kind.answered, kind.ran, kind.unsaved, kind.settle = answered, ran, unsaved, settle


if "EAGER" in os.environ:
    be_eager(int(os.environ["EAGER"]))
