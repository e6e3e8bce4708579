from datetime import timedelta
import time
from tests.property.test_crashes import *
from tests.property.conftest import *
from tests.extraction.conftest import clock, temporary_settings
from tests.genesys.conftest import genesys

def test_x(source, service, clock):
    for number in range(150):
        source.put(call(f"old-{number:03}", YESTERDAY + timedelta(minutes=number)))
    s = service()
    for t in ("extract","settle","extract"):
        b=time.time(); s.run_all(t); print(t, time.time()-b)
    print([r for r in s.rows("interaction_details","id,settled,ended_date,deleted_at") if r["id"]=="old-007"])
    source.delete("old-007")
    clock.sleep(5*3600)
    calls=[]
    orig=s.warehouse.client.query_and_wait
    def q(sql,*a,**k):
        b=time.time()
        try: return orig(sql,*a,**k)
        finally: calls.append((round(time.time()-b,3), sql[:60].replace("\n"," ")))
    s.warehouse.client.query_and_wait=q
    oq=s.warehouse.client.query
    def q2(sql,*a,**k):
        b=time.time()
        try: return oq(sql,*a,**k)
        finally: calls.append((round(time.time()-b,3), sql[:60].replace("\n"," ")))
    s.warehouse.client.query=q2
    from backend.extraction import settle as m
    ou=m.unseen_rows
    def u(*a):
        r=ou(*a); print("unseen", a[1:], r); return r
    m.unseen_rows=u
    b=time.time(); s.run_all("settle"); print("settle", time.time()-b)
    m.unseen_rows=ou
    print([r for r in s.rows("interaction_details","id,settled,ended_date,deleted_at") if r["id"]=="old-007"])
    for r in s.rows("extraction_runs"): print(r)
    for c in calls: print(c)
    assert 0
