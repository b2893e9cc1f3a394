// SPDX-License-Identifier: Apache-2.0
// The demonstration district as data. Names, numbers and texts are made up; telephone numbers
// are of blocks that are not given out.
// language: data
#include "cmd/demo.h"

#define STEPS(...) ((const struct demo_step[]){__VA_ARGS__, {0}})
#define ACCEPT(day, time, level)                                                               \
    {                                                                                          \
        day, time, DEMO_STAFF, "accept", level, NULL                                           \
    }
#define DISPATCH(day, time, lead, assist)                                                      \
    {                                                                                          \
        day, time, DEMO_STAFF, "dispatch", lead, assist                                        \
    }
#define SIGN(day, time)                                                                        \
    {                                                                                          \
        day, time, DEMO_LEAD, "sign", NULL, NULL                                               \
    }
#define CONTACT(day, time, body)                                                               \
    {                                                                                          \
        day, time, DEMO_LEAD, "contact", body, NULL                                            \
    }
#define NOTE(day, time, body)                                                                  \
    {                                                                                          \
        day, time, DEMO_LEAD, "note", body, NULL                                               \
    }
#define ANSWER(day, time, outcome, body)                                                       \
    {                                                                                          \
        day, time, DEMO_LEAD, "answer", body, outcome                                          \
    }
#define CONFIRM(day, time, stars, comment)                                                     \
    {                                                                                          \
        day, time, DEMO_MEMBER, "confirm", comment, stars                                      \
    }

const struct demo_organization DEMO_ORGANIZATIONS[] = {
    {"federation", "临江区工商联（总商会）", "区工商联", "LJ-GSL", NULL, "0500-81230001", NULL,
     NULL},
    {"department", "区财政局", "财政局", "LJ-CZ", "finance policy_delivery", "0500-81234610",
     "officer", "王志强"},
    {"department", "区自然资源分局", "资源分局", "LJ-ZR", "land", "0500-81234620", "officer-zr",
     "何远"},
    {"department", "区人社局", "人社局", "LJ-RS", "labour talent_schooling", "0500-81234630",
     "officer-rs", "徐静"},
    {"department", "区市场监管局", "市监局", "LJ-SJ", "market permit legal", "0500-81234640",
     "officer-sj", "丁海"},
    {"department", "区住建局", "住建局", "LJ-ZJ", "construction", "0500-81234650", "officer-zj",
     "郑凯"},
    {"department", "区交通运输局", "交通局", "LJ-JT", "transport customs", "0500-81234660",
     "officer-jt", "罗斌"},
    {"department", "区税务局", "税务局", "LJ-SW", "tax_fee", "0500-81234670", "officer-sw",
     "方晓"},
    {"department", "区供电公司", "供电公司", "LJ-GD", "energy_utility", "0500-81234680",
     "officer-gd", "刘建"},
    {"department", "区工信局", "工信局", "LJ-GX", "arrears technology", "0500-81234690",
     "officer-gx", "黄伟"},
    {"department", "区生态环境分局", "环境分局", "LJ-HB", "environment_safety", "0500-81234700",
     "officer-hb", "孙宁"},
    {"town", "港口镇商会", "港口商会", "LJ-S01", NULL, "0500-81235101", "secretary", "吴芳"},
    {"town", "滨江街道商会", "滨江商会", "LJ-S02", NULL, "0500-81235102", "secretary-bj",
     "林涛"},
    {"town", "云溪镇商会", "云溪商会", "LJ-S03", NULL, "0500-81235103", "secretary-yx", "许梅"},
    {"industry", "装备制造业商会", "装备商会", "LJ-H01", NULL, "0500-81235201", "secretary-zb",
     "高原"},
    {"industry", "冷链物流商会", "冷链商会", "LJ-H02", NULL, "0500-81235202", "secretary-ll",
     "马骏"},
    {"out_of_town", "临江异地（上海）商会", "上海商会", "LJ-Y01", NULL, "021-00005301",
     "secretary-sh", "朱琳"},
    {0},
};

const struct demo_chamber DEMO_CHAMBERS[] = {
    {"LJ-S01", NULL, NULL, NULL, "MJ0TEK01", "2011-05-18", "港口镇", NULL, NULL},
    {"LJ-S02", NULL, NULL, NULL, "MJ0TEK02", "2013-09-12", "滨江街道", NULL, NULL},
    {"LJ-S03", NULL, NULL, NULL, "MJ0TEK03", "2016-04-22", "云溪镇", NULL, NULL},
    {"LJ-H01", NULL, NULL, NULL, "MJ0TEK04", "2018-11-08", NULL, "34 35 38", NULL},
    {"LJ-H02", NULL, NULL, NULL, "MJ0TEK05", "2021-06-30", NULL, "54 59", NULL},
    {"LJ-Y01", NULL, NULL, NULL, "MJ0TEK06", "2015-12-19", NULL, NULL, NULL},
    {"LJ-DW", "行业商会联合党委", "party_committee", "LJ-GSL", NULL, "2022-07-01", NULL, NULL,
     "0500-81230009"},
    {"LJ-W01", "科技创新委员会", "committee", "LJ-GSL", NULL, "2023-03-15", NULL, NULL, NULL},
    {"LJ-W02", "青年企业家委员会", "committee", "LJ-S01", NULL, "2024-05-04", NULL, NULL, NULL},
    {"LJ-H03", "餐饮业商会", "industry", "LJ-GSL", NULL, NULL, NULL, "62", "0500-81235203"},
    {0},
};

const struct demo_enterprise DEMO_ENTERPRISES[] = {
    {"江南精密制造股份有限公司", "江南精密", "MA0TEK01", "34", 420, 31000, 26000, "srdi",
     "港口镇", "LJ-S01", "member", "陈立", "13800000001"},
    {"金禾新材料有限公司", "金禾新材", "MA0TEK02", "26", 310, 28000, 30000, "hnte", "港口镇",
     "LJ-S01", "jinhe", "蒋明", "13800000002"},
    {"临江宏达机械厂", "宏达机械", "MA0TEK03", "34", 86, 3200, 2100, NULL, "港口镇", "LJ-H01",
     "hongda", "赵宏", "13800000003"},
    {"博远智能科技有限公司", "博远智能", "MA0TEK04", "65", 58, 1800, 1500, "hnte", "滨江街道",
     "LJ-S02", "boyuan", "宋佳", "13800000004"},
    {"海帆国际贸易有限公司", "海帆国际", "MA0TEK05", "51", 18, 9600, 2400, NULL, "滨江街道",
     "LJ-S02", "haifan", "韩雪", "13800000005"},
    {"青禾人力资源服务有限公司", "青禾人力", "MA0TEK06", "72", 45, 1500, 900, NULL, "滨江街道",
     "LJ-S02", "qinghe", "叶青", "13800000006"},
    {"荣光照明电器有限公司", "荣光照明", "MA0TEK07", "38", 350, 12000, 9800, NULL, "云溪镇",
     "LJ-S03", "rongguang", "邓荣", "13800000007"},
    {"万家味食品连锁有限公司", "万家味", "MA0TEK08", "62", 180, 4200, 2600, NULL, "滨江街道",
     "LJ-S02", "wanjiawei", "谢敏", "13800000008"},
    {"恒鲜冷链物流有限公司", "恒鲜冷链", "MA0TEK09", "54", 120, 2600, 3100, NULL, "港口镇",
     "LJ-H02", "hengxian", "曹阳", "13800000009"},
    {"鼎新五金制品厂", "鼎新五金", "MA0TEK10", "33", 15, 260, 180, NULL, "云溪镇", "LJ-S03",
     "dingxin", "彭鼎", "13800000010"},
    {"禾田生态农业有限公司", "禾田农业", "MA0TEK11", "01", 30, 460, 700, NULL, "云溪镇",
     "LJ-S03", "hetian", "田禾", "13800000011"},
    {"澄川半导体（临江）有限公司", "澄川半导体", "MA0TEK12", "39", 1280, 96000, 150000,
     "little_giant", "港口镇", "LJ-Y01", "chengchuan", "顾川", "13800000012"},
    {0},
};

const struct demo_enterprise DEMO_LATER[] = {
    {"临江区海帆国际贸易（集团）有限公司", NULL, "MA0TEK51", NULL, 0, 0, 0, NULL, "滨江街道",
     "LJ-Y01", NULL, "韩雪", "13800000005"},
    {"荣光照明电气有限公司", NULL, "MA0TEK52", "38", 0, 0, 0, NULL, "云溪镇", NULL, NULL,
     "邓荣", "13800000007"},
    {"青石竹艺有限公司", "青石竹艺", "MA0TEK54", "20", 0, 0, 0, NULL, "青石镇", NULL, NULL,
     "骆青", "13800000054"},
    {"青禾人力资源服务公司", NULL, "MA0TEK53", NULL, 0, 0, 0, NULL, "滨江街道", "LJ-S02", NULL,
     "叶青", "13800000006"},
    {0},
};

const struct demo_demand DEMO_DEMANDS[] = {
    // ---- closed long ago
    {42, 905, DEMO_MEMBER, "member", "energy_utility", "厂区周边电压不稳，一个月停机 4 次",
     "9 月以来厂区电压多次骤降，注塑线 4 次停机，每次损失约 6 "
     "万元。向供电所报修两次，答复是线路负荷"
     "问题，没有整改时间。",
     "请给出整改计划和完成时间。",
     STEPS(ACCEPT(0, 945, "L2"), DISPATCH(0, 1030, "LJ-GD", NULL), SIGN(0, 1410),
           CONTACT(1, 900, "已和陈总约好明天上午带测试仪到现场。"),
           NOTE(2, 1520, "现场测了两天，10 千伏滨江线负荷偏高。"),
           ANSWER(4, 1105, "resolved",
                  "原因是 10 千伏滨江线负荷偏高。本周六夜间把贵厂换到新建的园区二线，停电约 40 "
                  "分钟，"
                  "时间由您定。换完后连续测 7 天，数据发给您。"),
           CONFIRM(6, 930, "5", "换线以后没有再停机，谢谢。"))},
    {40, 1010, DEMO_MEMBER, "jinhe", "finance", "设备更新贷款贴息怎样申报",
     "我们今年买了三台新设备，贷款 900 万元，听说有贴息，不知道向谁报、要什么材料。", NULL,
     STEPS(ACCEPT(0, 1040, "L1"), DISPATCH(0, 1100, "LJ-CZ", NULL), SIGN(0, 1430),
           CONTACT(0, 1600, "电话说明了政策和窗口。"),
           ANSWER(1, 1015, "explained",
                  "向区工信局申报，财政局审核。材料清单一共五项，已发到您的邮箱；常年受理，十个"
                  "工作日"
                  "审完。"),
           CONFIRM(1, 1640, "5", "清单很清楚。"))},
    {39, 1420, DEMO_MEMBER, "rongguang", "labour", "春节后缺 40 名装配工",
     "订单增加，两条线缺装配工 40 名，网上招了三周只来了 6 个人。", "请帮助组织招聘。",
     STEPS(ACCEPT(0, 1500, "L2"), DISPATCH(0, 1610, "LJ-RS", NULL), SIGN(1, 910),
           CONTACT(1, 1000, "了解了岗位和待遇。"),
           NOTE(3, 1430, "已把岗位放进周六的招聘会，并联系两所职校。"),
           ANSWER(5, 1600, "partial",
                  "招聘会现场签了 23 人，职校可以再送 10 名实习生，4 "
                  "月到岗。余下的岗位每周继续推。"),
           CONFIRM(7, 1400, "4", "来了大半，够开工了。"))},
    {36, 930, DEMO_MEMBER, "hongda", "arrears", "工程尾款拖欠八个月",
     "为邻县一家整机厂做的夹具 2 月交付，合同约定 60 天付款，尾款 48 万元至今没有付。",
     "请帮助催收。",
     STEPS(ACCEPT(0, 1015, "L3"), DISPATCH(0, 1100, "LJ-GX", "LJ-SJ"), SIGN(0, 1500),
           {0, 1610, DEMO_ASSIST, "sign", NULL, NULL},
           CONTACT(1, 930, "收了合同和对账单复印件。"),
           {2, 1500, DEMO_ASSIST, "answer", "已查对方登记情况正常，可以调解。", "explained"},
           NOTE(4, 1000, "对方承认欠款，提出分期。"),
           ANSWER(8, 1530, "resolved",
                  "双方已签还款协议：本月付 20 万元，余款两个月内付清。工信局到期核对。"),
           CONFIRM(10, 1100, "5", "第一笔已经到账。"),
           {11, 1000, DEMO_STAFF, "callback", "回访：第一笔到账，企业满意。", "5"})},
    {34, 1130, DEMO_MEMBER, "haifan", "customs", "出口退运货物手续不清楚",
     "一批灯具因外包装问题退运，问了两个窗口说法不一样。", NULL,
     STEPS(
         ACCEPT(0, 1330, "L1"), DISPATCH(0, 1400, "LJ-JT", NULL),
         {0, 1630, DEMO_LEAD, "object",
          "退运通关不是交通部门的职责，建议交税务局办理退税部分。", NULL},
         DISPATCH(1, 900, "LJ-SW", NULL), SIGN(1, 1020), CONTACT(1, 1100, "电话核对了报关单。"),
         ANSWER(2, 1600, "explained", "退运不涉及补税，先在单一窗口撤销退税申报，流程图已发。"),
         CONFIRM(3, 1000, "4", "明白了。"))},
    {33, 1500, DEMO_STAFF, "dingxin", "environment_safety", "环保检查次数多，能不能合并",
     "来电登记：三个月内来了 5 批检查，内容差不多，小厂应付不过来。", "能不能一次查完。",
     STEPS(ACCEPT(0, 1510, "L2"), DISPATCH(0, 1530, "LJ-HB", NULL), SIGN(0, 1700),
           CONTACT(1, 1400, "到厂听了意见。"),
           ANSWER(3, 1000, "resolved",
                  "已纳入“综合查一次”名单，半年内不重复检查；举报核查除外。"),
           CONFIRM(4, 900, "5", NULL))},
    // ---- late, reopened, carded
    {31, 1000, DEMO_MEMBER, "wanjiawei", "permit", "新店食品许可审批慢",
     "滨江店装修完了，许可交上去三周没有消息，每天房租 3000 元。", "请告诉我们还差什么。",
     STEPS(ACCEPT(0, 1100, "L2"), DISPATCH(0, 1130, "LJ-SJ", NULL), SIGN(1, 900),
           NOTE(5, 1700, "现场核查排在下周。"),
           ANSWER(8, 1620, "partial", "核查已完成，布局需改一处，改完当天发证。"),
           {9, 1000, DEMO_MEMBER, "reopen", "改完三天了还没有发证。", NULL},
           CONTACT(9, 1430, "向企业道歉，明早发证。"),
           ANSWER(10, 1000, "resolved", "许可证已送到店里。"),
           CONFIRM(10, 1500, "4", "拿到了。"))},
    {29, 915, DEMO_SECRETARY, "member", "transport", "园区路口大车左转难",
     "商会代报：港口镇工业园东门路口没有左转灯，货车每天早晚各堵半小时，五家企业反映。",
     "增设左转灯或错峰。",
     STEPS(ACCEPT(0, 1000, "L3"), DISPATCH(0, 1040, "LJ-JT", "LJ-ZJ"), SIGN(0, 1500),
           {0, 1530, DEMO_ASSIST, "sign", NULL, NULL}, CONTACT(1, 1000, "约了五家企业现场看。"),
           {2, 1400, DEMO_ASSIST, "answer", "路口改造不动管线，住建局没有意见。", "explained"},
           {6, 1000, DEMO_LEAD, "extend", "信号灯要等设备到货。", "5"},
           {6, 1430, DEMO_STAFF, "grant_extension", NULL, "5"},
           ANSWER(13, 1100, "resolved", "左转灯 12 日启用，早晚高峰各加 15 秒。"),
           CONFIRM(15, 1000, "5", "通了。"))},
    {27, 1345, DEMO_MEMBER, "hetian", "land", "设施农用地备案续期",
     "大棚备案明年 3 月到期，想扩建冷库 200 平方米，不知道能不能一起办。", NULL,
     STEPS(ACCEPT(0, 1430, "L2"), DISPATCH(0, 1500, "LJ-ZR", NULL), SIGN(1, 1000),
           CONTACT(1, 1500, "要了地块图。"),
           {2, 1000, DEMO_LEAD, "suspend", "等企业补测绘图。", NULL},
           {7, 1000, DEMO_LEAD, "resume", NULL, NULL},
           ANSWER(9, 1000, "no_conditions", "续期可以办；冷库超出配套比例，需要另报建设用地。"),
           CONFIRM(11, 930, "3", "说清楚了，冷库再想办法。"))},
    {26, 1620, DEMO_MEMBER, "boyuan", "technology", "研发费用加计扣除辅助账怎么记",
     "第一年做研发项目，辅助账不会记，怕汇算时出错。", NULL,
     STEPS(ACCEPT(0, 1650, "L1"), DISPATCH(1, 900, "LJ-SW", NULL), SIGN(1, 1000),
           CONTACT(1, 1030, "发了样表。"),
           ANSWER(2, 1500, "explained", "样表和两个例子已发，周四下午有培训，给您留了座位。"))},
    {24, 1030, DEMO_MEMBER, "qinghe", "policy_delivery", "稳岗返还一直没有到账",
     "7 月公示名单有我们，到现在没有收到 3.2 万元。", "请查一下到了哪一步。",
     STEPS(ACCEPT(0, 1100, "L2"), DISPATCH(0, 1400, "LJ-RS", "LJ-CZ"), SIGN(0, 1530),
           {1, 1000, DEMO_ASSIST, "sign", NULL, NULL}, CONTACT(1, 1000, "核对了账户。"),
           {2, 1530, DEMO_ASSIST, "answer", "本批资金已于上月拨到人社局专户。", "resolved"},
           ANSWER(4, 1440, "resolved", "开户行行号填错被退回，已改正，三天内到账。"),
           CONFIRM(8, 1000, "5", "到账了。"))},
    {22, 940, DEMO_MEMBER, "chengchuan", "talent_schooling", "引进工程师的孩子入学",
     "今年引进 6 名工程师，4 个孩子下学期要上学，户口还在外地。", "请说明入学办法。",
     STEPS(ACCEPT(0, 1010, "L3"), DISPATCH(0, 1100, "LJ-RS", NULL), SIGN(0, 1500),
           CONTACT(2, 1000, "收了名单。"), NOTE(5, 1100, "教育部门同意按人才政策统筹。"),
           ANSWER(9, 1630, "resolved", "4 名学生分到就近两所学校，开学前一周办手续。"),
           CONFIRM(12, 1000, "5", "问题解决了。"),
           {12, 1100, DEMO_STAFF, "callback", "回访：四个孩子都已报名。", "5"})},
    // ---- answered, being rated; in hand; overdue
    {16, 1020, DEMO_MEMBER, "jinhe", "construction", "二期厂房消防验收卡在图纸",
     "二期厂房完工两个月，消防验收说图纸和现场不一致，设计院和施工方互相推。", "请召集三方。",
     STEPS(ACCEPT(0, 1100, "L4"), DISPATCH(0, 1400, "LJ-ZJ", NULL), SIGN(1, 900),
           CONTACT(2, 1000, "看了现场。"), NOTE(6, 1500, "三方会已开，设计院本周出变更。"),
           {12, 1000, DEMO_STAFF, "supervise", NULL, NULL},
           NOTE(13, 1030, "变更图已报审图机构。"))},
    {14, 1100, DEMO_MEMBER, "rongguang", "finance", "续贷要求追加担保",
     "三年的流动资金贷款到期，银行要求追加房产担保，我们没有逾期过。", "请协调不抽贷。",
     STEPS(ACCEPT(0, 1330, "L3"), DISPATCH(0, 1400, "LJ-CZ", NULL), SIGN(0, 1600),
           CONTACT(1, 1000, "了解了贷款合同。"), NOTE(4, 1500, "约银行面谈，行里同意复议。"),
           {9, 900, DEMO_STAFF, "urge", NULL, NULL})},
    {12, 1440, DEMO_MEMBER, "dingxin", "tax_fee", "个体转企业以后税费怎么算",
     "打算把厂子升级成公司，想先算算税费差多少。", NULL,
     STEPS(ACCEPT(0, 1500, "L1"), DISPATCH(0, 1530, "LJ-SW", NULL))},
    {9, 910, DEMO_MEMBER, "member", "policy_delivery", "设备更新贷款贴息材料反复补正",
     "5 月申报设备更新贷款贴息，先后三次被要求补材料，每次补完又提新的要求，到现在还没进审核。",
     "请一次说清要交哪些材料，并告诉我们多久能审完。",
     STEPS(ACCEPT(0, 1005, "L3"), DISPATCH(0, 1130, "LJ-CZ", NULL), SIGN(0, 1500),
           CONTACT(1, 1000, "前两次要的材料确实不一样，是我们没说齐。"),
           NOTE(3, 1040, "正在列一张完整的清单，今天 16:00 前发给您。"))},
    {8, 1330, DEMO_MEMBER, "hengxian", "transport", "冷藏车进城通行证",
     "6 台新能源冷藏车白天进不了老城区，早市送货要绕路。", "请给通行时段。",
     STEPS(ACCEPT(0, 1400, "L2"), DISPATCH(0, 1500, "LJ-JT", NULL), SIGN(1, 900),
           CONTACT(1, 1100, "收了车辆资料。"), NOTE(2, 1000, "交警同意 5:00–9:00 通行。"),
           ANSWER(4, 1130, "resolved",
                  "6 台车的通行证已办好，每天 5:00–9:00 可进老城区，半年有效。"))},
    {7, 1000, DEMO_MEMBER, "member", "labour", "技能培训补贴怎样申领",
     "公司自己办了两期数控培训，42 人拿了证，想问培训补贴怎样申领。", NULL,
     STEPS(ACCEPT(0, 1040, "L1"), DISPATCH(0, 1100, "LJ-RS", NULL), SIGN(0, 1430),
           CONTACT(1, 900, "发了申领指南。"),
           ANSWER(2, 1020, "explained",
                  "按取证人数每人 1500 元，从“职业培训”栏目申报，月底前交。"))},
    {6, 1510, DEMO_MEMBER, "haifan", "market", "想参加广交会没有摊位",
     "第一次申请广交会，摊位排不上。", "有没有区里的联合摊位。",
     STEPS(ACCEPT(0, 1540, "L2"), DISPATCH(0, 1600, "LJ-SJ", NULL), SIGN(1, 930),
           CONTACT(1, 1100, "和市商务部门联系了。"),
           {2, 1000, DEMO_LEAD, "suspend", "等企业交产品目录。", NULL})},
    {5, 1120, DEMO_MEMBER, "boyuan", "finance", "知识产权质押贷款评估费能否补",
     "用三项专利质押贷款 300 万元，评估费 4 万元，听说可以补。", NULL,
     STEPS(ACCEPT(0, 1330, "L2"), DISPATCH(0, 1400, "LJ-CZ", NULL), SIGN(0, 1640),
           CONTACT(1, 1500, "要了评估合同和发票。"),
           {3, 1000, DEMO_LEAD, "extend", "要和知识产权部门核对名录。", "3"})},
    {5, 1700, DEMO_MEMBER, "wanjiawei", "legal", "商标被人抢注",
     "“万家味”在外市被抢注为餐饮类商标，对方已开店。", "请问怎么维权。",
     STEPS(ACCEPT(1, 900, "L3"), DISPATCH(1, 1000, "LJ-SJ", NULL), SIGN(1, 1500),
           CONTACT(2, 1000, "收集了在先使用的证据。"))},
    {4, 1000, DEMO_MEMBER, "hetian", "energy_utility", "育苗棚想改峰谷电价",
     "育苗棚夜里补光，用电集中在晚上，能不能改成峰谷电价。", NULL,
     STEPS(ACCEPT(0, 1030, "L1"), DISPATCH(0, 1100, "LJ-GD", NULL), SIGN(0, 1500),
           CONTACT(1, 900, "查了用电曲线。"),
           ANSWER(1, 1600, "resolved", "符合条件，下月起执行峰谷电价，预计每月省 2600 元。"),
           CONFIRM(2, 1000, "5", "又快又好。"))},
    {3, 1430, DEMO_MEMBER, "member", "other", "建议中秋活动改在周末",
     "今年中秋活动安排在工作日下午，很多企业来不了。", NULL,
     STEPS({0, 1500, DEMO_STAFF, "reject", "这是对活动的建议，已转给会务组，不作为诉求办理。",
            NULL})},
    {2, 1130, DEMO_MEMBER, "hongda", "land", "租的厂房要拆迁，想在园区找地",
     "租的旧厂房明年拆迁，要找 2000 平方米的标准厂房，最好在港口镇。", NULL,
     STEPS(ACCEPT(0, 1400, "L2"), DISPATCH(0, 1430, "LJ-ZR", NULL), SIGN(1, 1000))},
    {2, 1520, DEMO_MEMBER, "qinghe", "finance", "劳务外包企业的贷款利率高",
     "轻资产企业没有抵押，利率比制造业高两个点。", "有没有担保公司能支持。",
     STEPS(ACCEPT(0, 1600, "L2"), DISPATCH(1, 1000, "LJ-CZ", NULL))},
    {1, 1030, DEMO_MEMBER, "chengchuan", "energy_utility", "三期项目用电容量申请",
     "三期明年 6 月投产，需要新增 8000 千伏安，想提前排进计划。", "请说明流程和时间。",
     STEPS(ACCEPT(0, 1400, "L4"), DISPATCH(0, 1500, "LJ-GD", "LJ-ZR"))},
    {1, 1445, DEMO_MEMBER, "hengxian", "construction", "冷库门口道路积水",
     "冷库门口的路下雨就积水，货车进不来。", NULL, STEPS(ACCEPT(0, 1600, "L2"))},
    {0, 30, DEMO_MEMBER, "jinhe", "environment_safety", "危废处置单位怎么选",
     "原来的处置单位停业，仓库快放满了，想要有资质的名单。", NULL, STEPS({0})},
    {0, 45, DEMO_MEMBER, "member", "market", "想认识本地的热处理厂",
     "现在热处理送到邻市做，来回两天，想在区里找合作的厂。", NULL, STEPS({0})},
    {0},
};
