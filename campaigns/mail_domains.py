"""Words about domains of mail addresses. Plain data.

`PUBLIC_PROVIDERS`: where anybody may open a mailbox, so that the domain names no company. Put together from the
providers' own sign-up pages (Google, Microsoft, Yahoo, Apple, AOL, Proton, GMX, WEB.DE, mail.com, Zoho, Fastmail, Tuta,
Yandex, Mail.ru, Tencent, NetEase, Naver) and from mail of large consumer networks (Deutsche Telekom, Orange, Free, Comcast,
AT&T, Verizon, BT, Sky, Virgin Media, Libero, Seznam, Onet, WP, Bluewin). A provider that is missing makes its users one
cluster: an experiment then sees less than it could, and nothing wrong.

`SECOND_LEVELS`: general words that country registries sell names under, as in `co.uk`, `com.au` and `or.jp`.
"""

from __future__ import annotations

_PROVIDERS = """
    gmail.com googlemail.com outlook.com outlook.de outlook.fr hotmail.com hotmail.co.uk hotmail.de hotmail.fr
    hotmail.it hotmail.es live.com live.co.uk live.de live.fr live.nl msn.com passport.com
    yahoo.com yahoo.co.uk yahoo.de yahoo.fr yahoo.it yahoo.es yahoo.ca yahoo.com.br yahoo.com.au yahoo.co.in
    yahoo.co.jp ymail.com rocketmail.com aol.com aim.com icloud.com me.com mac.com
    proton.me protonmail.com protonmail.ch pm.me gmx.com gmx.de gmx.net gmx.at gmx.ch gmx.fr web.de mail.com email.com
    zoho.com zohomail.com zohomail.eu fastmail.com fastmail.fm hey.com tutanota.com tutanota.de tuta.com tuta.io
    posteo.de mailbox.org hushmail.com startmail.com runbox.com
    yandex.com yandex.ru ya.ru mail.ru inbox.ru list.ru bk.ru rambler.ru ukr.net
    qq.com foxmail.com 163.com 126.com yeah.net sina.com sina.cn sohu.com aliyun.com
    naver.com daum.net hanmail.net rediffmail.com docomo.ne.jp ezweb.ne.jp softbank.ne.jp
    t-online.de freenet.de arcor.de orange.fr wanadoo.fr free.fr laposte.net sfr.fr
    comcast.net att.net sbcglobal.net bellsouth.net verizon.net cox.net charter.net earthlink.net
    btinternet.com sky.com virginmedia.com ntlworld.com talktalk.net
    libero.it virgilio.it tiscali.it alice.it tin.it seznam.cz centrum.cz email.cz
    onet.pl wp.pl o2.pl interia.pl bluewin.ch telenet.be skynet.be ziggo.nl kpnmail.nl planet.nl
    telia.com mail.dk tele2.se bol.com.br uol.com.br terra.com.br bigpond.com optusnet.com.au xtra.co.nz shaw.ca rogers.com
    sympatico.ca
"""
PUBLIC_PROVIDERS = frozenset(_PROVIDERS.split())

_SECOND_LEVELS = "ac co com edu gen go gob gouv gov gv id ltd me mil ne net nhs nom or org plc sch web"
SECOND_LEVELS = frozenset(_SECOND_LEVELS.split())
