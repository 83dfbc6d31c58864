from datetime import date, datetime, timedelta, timezone

start = date(2024, 1, 29)
days = [start + timedelta(days=7 * i) for i in range(10)]
print(days[0], days[-1], (days[-1] - start).days)
mondays = sum(d.weekday() == 0 for d in days)
holidays = {date(2024, 3, 29): "Friday", date(2024, 4, 1): "Monday"}
day, worked = start, 0
while day < date(2024, 4, 10):
    day += timedelta(days=1)
    if day.weekday() >= 5 or day in holidays:
        continue
    worked += 1
print(worked, mondays, day)
stamps = ["2024-02-29T12:30", "2023-12-31T23:59:59", "2024-02-30T00:00", "2024-07-01"]
parsed, bad = [], []
for stamp in stamps:
    try:
        parsed.append(datetime.fromisoformat(stamp))
    except ValueError as error:
        bad.append((stamp, str(error)))
parsed.sort()
print([f"{p:%d.%m.%y %H:%M}" for p in parsed], bad)
gaps = [b - a for a, b in zip(parsed, parsed[1:])]
print(gaps, max(gaps, default=None))
zone = timezone(timedelta(hours=2), "here")
local = parsed[0].replace(tzinfo=zone)
utc = local.astimezone(timezone.utc)
print(local, utc, local == utc, zone)
by_month = {}
for d in days:
    by_month.setdefault(d.strftime("%b"), []).append(d.day)
by_month["Feb"].reverse()
print(by_month)
age = lambda born, on=start: on.year - born.year - ((on.month, on.day) < (born.month, born.day))
start = date(2030, 1, 1)
print(age(date(1990, 5, 17)), age(date(1990, 5, 17), start))
birthdays = {"ann": date(1990, 2, 28), "bob": date(1988, 2, 29)}
for name, born in sorted(birthdays.items(), key=lambda p: p[1]):
    try:
        following = born.replace(year=2025)
    except ValueError:
        following = born.replace(year=2025, day=28)
    birthdays[name] = following
print(birthdays, name, born)
total = timedelta()
for gap in gaps:
    total += gap / 2
print(total, divmod(total, timedelta(days=1)), round(total.total_seconds()))
