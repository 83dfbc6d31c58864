import itertools
from dataclasses import dataclass, field


class Account:
    count = 0
    all = []

    def __init__(self, owner, balance=0):
        self.owner, self.balance = owner, balance
        Account.count += 1
        Account.all.append(self)

    def pay(self, other, amount):
        if amount > self.balance:
            raise ValueError(f"{self.owner} has only {self.balance}")
        self.balance -= amount
        other.balance += amount
        return self

    def __repr__(self):
        return f"<{self.owner} {self.balance}>"


ann = Account("ann", 100)
bob = Account("bob")
ann.pay(bob, 30).pay(bob, 5)
print(ann, bob, Account.count)
accounts = {acc.owner: acc for acc in Account.all}
carl = Account("carl", 7)
failed = []
for one, two in itertools.permutations(Account.all, 2):
    try:
        one.pay(two, 20)
    except ValueError as error:
        failed.append(str(error))
print(failed, accounts)
boss = accounts["ann"]
boss.owner = "ANN"
boss.note = ["vip"]
print(ann, vars(ann))
Account.pay = lambda self, other, amount: (setattr(other, "balance", amount), self)[1]
ann.pay(carl, 1000)
print(Account.all)


@dataclass(order=True)
class Item:
    price: float
    name: str = field(compare=False)
    tags: list = field(default_factory=list, compare=False)


items = [Item(3.5, "tea"), Item(1.25, "bun", ["sweet"]), Item(9.0, "cake")]
cheap = min(items)
cheap.tags.append("cheap")
items.sort(reverse=True)
items[0].price -= 8
print(items, cheap is items[-1])
basket = [items[0], items[0], cheap]
total = 0
for item in basket:
    item.price *= 2
    total += item.price
print(total, [i.price for i in items], Account.count, len(Account.all))
