"""Makes HitSave save every call, however quick, up to a number of calls of each function.

So a program that takes a tenth of a second exercises thousands of lookups, checks and hits, and what is asked does not
depend on how busy the machine is.
"""

import os


def be_eager(limit: int) -> None:
    from hitsave.memo import interceptor, policy

    interceptor.BUDGET_SECONDS = 60.0

    def answered(self, info, saved, spent):
        count(info)

    def ran(self, info, seconds, spent):
        count(info)
        return True

    def settle(self, info, spent):
        pass

    def count(info):
        costs = info.policy
        costs.asked += 1
        if costs.asked >= limit:
            info.candidate = False
            costs.never_pays = True

    policy.Policy.answered, policy.Policy.ran, policy.Policy.settle = answered, ran, settle


if "EAGER" in os.environ:
    be_eager(int(os.environ["EAGER"]))
