import csv
import json
from collections import Counter, defaultdict

rows = []
for i in range(60):
    rows.append({"id": i, "city": ["Oslo", "Bergen", "Voss"][i % 3], "amount": str((i * 37) % 101), "day": f"2024-0{i % 6 + 1}-1{i % 9}"})
first = rows[0]
with open("orders.csv", "w", newline="") as file:
    writer = csv.DictWriter(file, fieldnames=list(first))
    writer.writeheader()
    writer.writerows(rows)
print("written", len(rows), first)

with open("orders.csv") as file:
    orders = list(csv.DictReader(file))
for order in orders:
    order["amount"] = int(order["amount"])
first["amount"] = "changed"
by_city = defaultdict(list)
for order in orders:
    by_city[order["city"]].append(order)
oslo = by_city["Oslo"]
oslo.sort(key=lambda o: (-o["amount"], o["id"]))
print([o["id"] for o in oslo[:5]], oslo[0] is orders[int(oslo[0]["id"])])
totals = {city: sum(o["amount"] for o in found) for city, found in by_city.items()}
oslo.pop()
print(totals, len(by_city["Oslo"]), first["amount"], rows[0])
months = Counter(o["day"][:7] for o in orders)
months.update(o["day"][:7] for o in oslo)
print(months.most_common(3))
best, worst = None, None
for city in sorted(totals):
    if best is None or totals[city] > totals[best]:
        best, worst = city, best
print(best, worst)
summary = {"totals": totals, "months": dict(months), "best": [best, worst]}
with open("summary.json", "w") as file:
    json.dump(summary, file, indent=1, sort_keys=True)
totals["Oslo"] += 1
print(json.load(open("summary.json"))["totals"] == summary["totals"], json.dumps(summary)[:60])
again = json.loads(json.dumps(summary))
again["months"].clear()
print(len(summary["months"]), len(again["months"]))
