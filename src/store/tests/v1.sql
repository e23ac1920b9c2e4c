PRAGMA application_id = 1416850285;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE annotations (
            id INTEGER PRIMARY KEY, picture INTEGER NOT NULL, category INTEGER NOT NULL,
            x0 REAL NOT NULL, y0 REAL NOT NULL, x1 REAL NOT NULL, y1 REAL NOT NULL,
            state INTEGER NOT NULL, flags INTEGER NOT NULL, model INTEGER, score REAL,
            was_category INTEGER, was_x0 REAL, was_y0 REAL, was_x1 REAL, was_y1 REAL,
            extra TEXT, checksum INTEGER NOT NULL
        ) STRICT;
INSERT INTO "annotations" VALUES(1,1,1,6.0,5.0,26.0,26.0,2,0,1,0.5,1,5.5,5.0,25.5,25.0,NULL,2521105616578240978);
INSERT INTO "annotations" VALUES(2,1,1,40.0,5.0,60.0,25.0,0,0,1,0.5,NULL,NULL,NULL,NULL,NULL,NULL,7378539667538160591);
INSERT INTO "annotations" VALUES(3,1,1,70.0,7.0,90.0,2.71000003814697265625e+01,0,0,1,0.5,NULL,NULL,NULL,NULL,NULL,NULL,-4528196726209077058);
CREATE TABLE categories (
            id INTEGER PRIMARY KEY, place INTEGER NOT NULL, name TEXT NOT NULL,
            colour INTEGER NOT NULL, hotkey TEXT, extra TEXT, checksum INTEGER NOT NULL
        ) STRICT;
INSERT INTO "categories" VALUES(1,0,'cat',5155071,'1',NULL,8468032723542353480);
INSERT INTO "categories" VALUES(2,1,'dog',16752412,'2',NULL,-8386476026902889614);
CREATE TABLE changes (
            seq INTEGER PRIMARY KEY, writer INTEGER NOT NULL, is_step INTEGER NOT NULL,
            label TEXT NOT NULL, edit TEXT, undo TEXT, checksum INTEGER NOT NULL
        ) STRICT;
CREATE TABLE files (
            picture INTEGER PRIMARY KEY, size INTEGER NOT NULL, modified_ns INTEGER NOT NULL
        ) STRICT;
CREATE TABLE meta (
            key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, checksum INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('id','865bbf4f13ecfe1cba842caadba9632f',-4195152778777496825);
INSERT INTO "meta" VALUES('root','.',3339117371770590628);
INSERT INTO "meta" VALUES('root_absolute','/pictures/shop',-636403117191733012);
CREATE TABLE models (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL,
            method TEXT NOT NULL, threshold REAL NOT NULL, checksum INTEGER NOT NULL
        ) STRICT;
INSERT INTO "models" VALUES(1,'dinov2-vits14','1','affinity',4.00000005960464477539e-01,4194134693035605135);
CREATE TABLE pictures (
            id INTEGER PRIMARY KEY, path TEXT NOT NULL,
            width INTEGER NOT NULL, height INTEGER NOT NULL, tags TEXT NOT NULL,
            review INTEGER NOT NULL, missing INTEGER NOT NULL,
            content_hash TEXT, extra TEXT, checksum INTEGER NOT NULL
        ) STRICT;
INSERT INTO "pictures" VALUES(1,'a.jpg',100,80,'',2,0,NULL,NULL,-2671926086246247587);
INSERT INTO "pictures" VALUES(2,'sub/ü.jpg',100,80,'',0,0,NULL,NULL,3116044994879619795);
CREATE TABLE settings (
            key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, checksum INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
INSERT INTO "settings" VALUES('last picture','2',-8653743697529569844);
CREATE TABLE state (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            head INTEGER NOT NULL, position INTEGER NOT NULL,
            next_picture INTEGER NOT NULL, next_category INTEGER NOT NULL,
            next_annotation INTEGER NOT NULL,
            rows INTEGER NOT NULL, sum INTEGER NOT NULL, schema INTEGER NOT NULL,
            checksum INTEGER NOT NULL
        ) STRICT;
INSERT INTO "state" VALUES(1,7,1,3,3,5,14,-5893979375321298999,5643956372469552420,-6909187613260123818);
CREATE TABLE steps (
            seq INTEGER PRIMARY KEY, label TEXT NOT NULL, picture INTEGER,
            edit TEXT NOT NULL, checksum INTEGER NOT NULL
        ) STRICT;
INSERT INTO "steps" VALUES(1,'move box',1,'{"batch":[{"picture":{"update":{"id":1,"path":"a.jpg","width":100,"height":80,"tags":[],"review":"proposed","missing":false,"content_hash":null,"extra":null}}},{"annotation":{"picture":1,"change":{"update":{"id":1,"category":1,"rect":{"x0":5.5,"y0":5.0,"x1":25.5,"y1":25.0},"state":"proposed","flags":{"crowd":false,"difficult":false,"occluded":false,"truncated":false},"origin":{"model":{"name":"dinov2-vits14","version":"1","method":"affinity","threshold":0.4}},"score":0.5,"proposal":null,"extra":null}}}}]}',-1553593947407429816);
INSERT INTO "steps" VALUES(2,'draw box',2,'{"batch":[{"picture":{"update":{"id":2,"path":"sub/ü.jpg","width":100,"height":80,"tags":[],"review":"in_review","missing":false,"content_hash":null,"extra":null}}},{"annotation":{"picture":2,"change":{"insert":{"id":4,"category":1,"rect":{"x0":3.0,"y0":5.0,"x1":23.0,"y1":25.0},"state":"drawn","flags":{"crowd":false,"difficult":false,"occluded":false,"truncated":false},"origin":"person","score":null,"proposal":null,"extra":null}}}}]}',-4285462062401425850);
COMMIT;
