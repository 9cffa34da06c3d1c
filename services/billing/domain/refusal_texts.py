"""The catalogue of refusals: what billing answers to a person whose wish it does not carry out.

Entries as in `reason_texts`. A refusal is found by its `reason`, else by the code of its class; a test looks for both
in the sources. A text says what is in the way and what to do about it, to somebody who bills and does not program.
"""

# ruff: noqa: E501 (a text is one line, so that the three languages stand below one another)
# fmt: off

from collections.abc import Mapping

from services.billing.domain.reason_texts import Entry

REFUSALS: Mapping[str, Entry] = {
    # --- of every service ---
    "malformed": (
        None, None,
        "Pyynnössä on puuttuvia tai väärän muotoisia kenttiä. Korjaa luetellut kentät.",
        "I begäran saknas fält eller har fält fel form. Rätta de fält som räknas upp.",
        "Fields of the request are missing or have a wrong form. Correct the fields that are listed.",
    ),
    "not_authenticated": (
        None, None,
        "Kirjaudu ensin sisään.",
        "Logga in först.",
        "Log in first.",
    ),
    "forbidden": (
        None, None,
        "Sinulla ei ole oikeutta tähän. Pyydä oikeus pääkäyttäjältä.",
        "Du har inte rätt till detta. Be huvudanvändaren om rätten.",
        "You have no right to this. Ask an administrator for it.",
    ),
    "outside_scope": (
        None, None,
        "Tämä koskee koko yritystä, ja oikeutesi on rajattu joihinkin kohteisiin.",
        "Detta gäller hela företaget, och din rätt är begränsad till vissa objekt.",
        "This is about the whole firm, and your rights are limited to some sites.",
    ),
    "not_found": (
        None, None,
        "Tietoa ei löydy. Se on ehkä poistettu, tai osoite on väärä.",
        "Uppgiften finns inte. Den har kanske tagits bort, eller så är adressen fel.",
        "This does not exist. It may have been removed, or the address is wrong.",
    ),
    "conflict": (
        "billing", None,
        "Toinen tieto on tämän tiellä. Lataa tiedot uudelleen ja tarkista ne.",
        "En annan uppgift står i vägen. Läs in uppgifterna på nytt och kontrollera dem.",
        "Another record stands in the way. Load the data again and check it.",
    ),
    "version_mismatch": (
        "billing", None,
        "Joku muutti tietoa sen jälkeen, kun avasit sen. Lataa se uudelleen ja tee muutos siihen.",
        "Någon ändrade uppgiften efter att du öppnade den. Läs in den på nytt och gör ändringen i den.",
        "Somebody changed this after you opened it. Load it again and make your change there.",
    ),
    "precondition_required": (
        None, None,
        "Ohjelma ei kertonut, mitä versiota muutetaan. Lataa tieto uudelleen ja yritä sitten.",
        "Programmet berättade inte vilken version som ändras. Läs in uppgiften på nytt och försök sedan.",
        "The program did not say which version is changed. Load the record again, then try.",
    ),
    "too_large": (
        None, None,
        "Lähetetty tieto on liian suuri.",
        "Det som sändes är för stort.",
        "What was sent is too large.",
    ),
    "too_many_requests": (
        None, None,
        "Pyyntöjä tulee liian tiheästi. Odota hetki ja yritä uudelleen.",
        "Det kommer för många förfrågningar. Vänta en stund och försök igen.",
        "Too many requests come in. Wait a moment and try again.",
    ),
    "temporarily_unavailable": (
        None, None,
        "Palvelu on hetken poissa käytöstä. Yritä pian uudelleen.",
        "Tjänsten är tillfälligt ur bruk. Försök igen om en stund.",
        "The service is out of use for a moment. Try again soon.",
    ),
    "rule_broken": (
        None, None,
        "Jokin sääntö estää tämän. Korjaa luetellut kentät.",
        "En regel hindrar detta. Rätta de fält som räknas upp.",
        "A rule does not allow this. Correct the fields that are listed.",
    ),
    # --- the dispatch desk ---
    "dispatch.forbidden_step": (
        "billing", None,
        "Siirron nykyinen tila ei salli tätä. Lataa siirto uudelleen ja katso sen tila.",
        "Överföringens nuvarande tillstånd tillåter inte detta. Läs in den på nytt och se dess tillstånd.",
        "The present state of the transfer does not allow this. Load it again and look at its state.",
    ),
    "dispatch.is_waiting": (
        "billing", None,
        "Tosite odottaa lähetystä, joten tätä ei voi vielä tehdä.",
        "Dokumentet väntar på att sändas, så detta går inte att göra ännu.",
        "The document is waiting to be sent, so this cannot be done yet.",
    ),
    "dispatch.is_sending": (
        "billing", None,
        "Tositetta lähetetään juuri nyt. Odota kirjanpitojärjestelmän vastausta.",
        "Dokumentet sänds just nu. Vänta på bokföringssystemets svar.",
        "The document is being sent right now. Wait for the answer of the accounting system.",
    ),
    "dispatch.is_accepted": (
        "billing", None,
        "Tosite on jo kirjanpitojärjestelmässä. Jos se on väärin, hyvitä se.",
        "Dokumentet finns redan i bokföringssystemet. Kreditera det om det är fel.",
        "The document is in the accounting system already. If it is wrong, credit it.",
    ),
    "dispatch.is_rejected": (
        "billing", None,
        "Kirjanpitojärjestelmä on hylännyt tositteen. Korjaa syy ja yritä uudelleen, tai jätä tosite lähettämättä.",
        "Bokföringssystemet har avvisat dokumentet. Rätta orsaken och försök igen, eller låt bli att sända det.",
        "The accounting system has refused the document. Correct the cause and try again, or do not send it.",
    ),
    "dispatch.is_unclear": (
        "target", None,
        "Ei tiedetä, onko tosite kirjanpitojärjestelmässä. Selvitä se ensin: etsi tosite sieltä ja kerro, löytyikö se.",
        "Det är inte känt om dokumentet finns i bokföringssystemet. Red först ut det: sök dokumentet där och berätta om det fanns.",
        "It is not known whether the accounting system has the document. Settle that first: look for it there and say what you found.",
    ),
    "dispatch.is_skipped": (
        "billing", None,
        "Tosite on jätetty lähettämättä tätä yhteyttä pitkin, eikä sille voi enää tehdä tätä.",
        "Det har beslutats att dokumentet inte sänds över denna anslutning, och detta går inte längre att göra.",
        "It was decided that the document is not sent over this connection, so this can no longer be done.",
    ),
    "dispatch.is_reversed": (
        "billing", None,
        "Tosite on hyvitetty, eikä sille tehdä enää mitään.",
        "Dokumentet har krediterats, och ingenting görs längre för det.",
        "The document has been credited, and nothing more is done for it.",
    ),
    "dispatch.nothing_left": (
        "billing", None,
        "Tosite on kirjanpitojärjestelmässä, eikä sille ole enää mitään tehtävää.",
        "Dokumentet finns i bokföringssystemet, och det finns inget kvar att göra för det.",
        "The document is in the accounting system, and nothing is left to do for it.",
    ),
    "dispatch.may_be_there": (
        "target", None,
        "Tosite voi olla jo ensimmäisessä kirjanpitojärjestelmässä. Selvitä se ennen kuin lähetät tositteen toiseen.",
        "Dokumentet kan redan finnas i det första bokföringssystemet. Red ut det innan du sänder dokumentet till ett annat.",
        "The document may be in the first accounting system already. Settle that before you send it to another.",
    ),
    "dispatch.credit_stays": (
        "billing", None,
        "Hyvityslasku kulkee samaa yhteyttä kuin hyvitettävä lasku. Sitä ei voi siirtää toiselle yhteydelle.",
        "En kreditfaktura går över samma anslutning som fakturan som krediteras. Den kan inte flyttas till en annan.",
        "A credit goes over the connection of the invoice that it credits. It cannot be moved to another.",
    ),
    "dispatch.same_connection": (
        "billing", None,
        "Tosite on jo matkalla tätä yhteyttä pitkin. Valitse toinen yhteys.",
        "Dokumentet är redan på väg över denna anslutning. Välj en annan anslutning.",
        "The document is on its way over this connection already. Choose another one.",
    ),
    "dispatch.not_accepted": (
        "billing", None,
        "Toistaa voi vain perille menneen tositteen. Käytä muihin uutta yritystä.",
        "Bara ett dokument som har kommit fram kan sändas om. Försök igen med de andra.",
        "Only a document that has arrived is sent once more. Try the others again instead.",
    ),
    "dispatch.not_repeatable": (
        "target", None,
        "Tähän kirjanpitojärjestelmään syntyisi toinen tosite, joten tositetta ei lähetetä toistamiseen.",
        "I detta bokföringssystem skulle det uppstå ett andra dokument, så dokumentet sänds inte om.",
        "This accounting system would make a second document of it, so the document is not sent once more.",
    ),
    "dispatch.target_id_missing": (
        "billing", "/target_id",
        "Kerro, millä tunnuksella tosite näkyy kirjanpitojärjestelmässä.",
        "Ange med vilken kod dokumentet visas i bokföringssystemet.",
        "Say by which identifier the accounting system shows the document.",
    ),
    "dispatch.no_connection": (
        "connection", None,
        "Yritykseltä puuttuu käytössä oleva yhteys kirjanpitojärjestelmään. Lisää yhteys tai ota se käyttöön.",
        "Företaget saknar en anslutning i bruk till ett bokföringssystem. Lägg till en anslutning eller ta den i bruk.",
        "The firm has no connection in use to an accounting system. Add one, or take it into use.",
    ),
    # --- connections ---
    "connection.not_in_use": (
        "connection", "/active",
        "Yhteyttä ei ole, tai se ei ole käytössä. Valitse toinen yhteys tai ota tämä käyttöön.",
        "Anslutningen finns inte eller är inte i bruk. Välj en annan anslutning eller ta denna i bruk.",
        "The connection does not exist or is not in use. Choose another one, or take this one into use.",
    ),
    "connection.problem": (
        "connection", None,
        "Yhteys kirjanpitojärjestelmään ei toimi. Katso syy, korjaa yhteyden asetukset ja kokeile uudelleen.",
        "Anslutningen till bokföringssystemet fungerar inte. Se orsaken, rätta anslutningens inställningar och försök igen.",
        "The connection to the accounting system does not work. See why, correct its settings and test it again.",
    ),
    "connection.in_turn": (
        "billing", None,
        "Yhteydellä siirretään juuri tositteita. Kokeile sitä minuutin kuluttua uudelleen.",
        "Över anslutningen överförs just nu dokument. Testa den igen om en minut.",
        "Documents are just being sent over the connection. Test it again in a minute.",
    ),
    "connection.not_reached": (
        "connection", "/settings",
        "Kirjanpitojärjestelmään ei saada yhteyttä. Tarkista yhteyden osoite; jos se on oikein, järjestelmä on poissa käytöstä.",
        "Bokföringssystemet nås inte. Kontrollera anslutningens adress; är den rätt är systemet ur bruk.",
        "The accounting system cannot be reached. Check the address of the connection; if it is right, the system is down.",
    ),
    "connection.no_answer": (
        "target", None,
        "Kirjanpitojärjestelmä ei vastannut ajoissa. Kokeile hetken kuluttua uudelleen.",
        "Bokföringssystemet svarade inte i tid. Försök igen om en stund.",
        "The accounting system did not answer in time. Test it again in a moment.",
    ),
    "connection.strange_answer": (
        "target", None,
        "Osoitteesta vastattiin muuta kuin kirjanpitojärjestelmä vastaa. Järjestelmässä on häiriö tai huoltokatko, tai osoite on väärä.",
        "Svaret från adressen är inte ett sådant som bokföringssystemet ger. Systemet har ett avbrott eller underhåll, eller så är adressen fel.",
        "The answer is not one that the accounting system gives. It is disturbed or under maintenance, or the address is wrong.",
    ),
    "connection.asks_for_pause": (
        "target", None,
        "Kirjanpitojärjestelmä pyytää odottamaan. Kokeile hetken kuluttua uudelleen.",
        "Bokföringssystemet ber om en paus. Försök igen om en stund.",
        "The accounting system asks for a pause. Test it again in a moment.",
    ),
    "connection.credentials": (
        "connection", "/secrets",
        "Vastaanottaja ei hyväksynyt yhteyden tunnuksia. Tarkista ne yhteyden asetuksista.",
        "Mottagaren godkände inte anslutningens uppgifter. Kontrollera dem i anslutningens inställningar.",
        "The receiver did not accept the credentials of the connection. Check them in its settings.",
    ),
    "connection.storage": (
        "connection", "/settings",
        "Kansiota, johon tiedostot menevät, ei voi käyttää. Tarkista kansio, palvelin ja tunnukset yhteyden asetuksista.",
        "Mappen dit filerna går kan inte användas. Kontrollera mapp, server och uppgifter i anslutningens inställningar.",
        "The folder where the files go cannot be used. Check folder, server and credentials in the connection's settings.",
    ),
    "connection.unknown_target": (
        "connection", "/target",
        "Tätä kirjanpitojärjestelmää ei tunneta. Valitse jokin luettelosta.",
        "Detta bokföringssystem är inte känt. Välj ett i listan.",
        "This accounting system is not known. Choose one from the list.",
    ),
    "connection.invalid_settings": (
        "connection", "/settings",
        "Yhteyden asetukset ovat puutteelliset tai väärät. Korjaa luetellut kentät.",
        "Anslutningens inställningar är ofullständiga eller fel. Rätta de fält som räknas upp.",
        "The settings of the connection are incomplete or wrong. Correct the fields that are listed.",
    ),
    "connection.leads_elsewhere": (
        "connection", "/settings",
        "Uudet asetukset vievät toisen yrityksen kirjanpitoon. Tee sille oma yhteys: tämän yhteyden asiakkaat, tuotteet "
        "ja laskut ovat edellisessä.",
        "De nya inställningarna leder till ett annat företags bokföring. Gör en egen anslutning för det: denna "
        "anslutnings kunder, produkter och fakturor finns i den förra.",
        "The new settings lead to another company's books. Make a connection of its own for them: the customers, "
        "products and invoices of this connection are in the former ones.",
    ),
    "connection.chosen_by_payers": (
        "connection", None,
        "Joillekin maksajille on valittu tämä yhteys. Valitse heille ensin toinen, tai poista valinta.",
        "För vissa betalare är denna anslutning vald. Välj först en annan för dem, eller ta bort valet.",
        "This connection was chosen for some payers. Choose another one for them first, or take the choice away.",
    ),
    "connection.in_use": (
        "connection", None,
        "Yhteydellä on keskeneräisiä tositteita. Odota niiden valmistumista tai lähetä ne toisella yhteydellä.",
        "Anslutningen har dokument som inte är färdiga. Vänta på dem eller sänd dem över en annan anslutning.",
        "The connection has documents that are not finished. Wait for them, or send them over another connection.",
    ),
    # --- batches, documents, credits, files ---
    "batch.forbidden_step": (
        "billing", None,
        "Laskutuserän nykyinen tila ei salli tätä. Lataa erä uudelleen ja katso sen tila.",
        "Faktureringskörningens nuvarande tillstånd tillåter inte detta. Läs in den på nytt och se dess tillstånd.",
        "The present state of the batch does not allow this. Load it again and look at its state.",
    ),
    "batch.nothing_to_bill": (
        "billing", None,
        "Valinnassa ei ole mitään laskutettavaa. Muuta rajausta.",
        "Urvalet innehåller inget att fakturera. Ändra urvalet.",
        "There is nothing to bill in this selection. Change it.",
    ),
    "batch.not_billable": (
        "billing", None,
        "Kirjanpitojärjestelmä hylkäisi osan tositteista tai muuttaisi niitä. Korjaa luetellut kohdat, jätä ne pois tai hyväksy muutokset.",
        "Bokföringssystemet skulle avvisa eller ändra en del av dokumenten. Rätta det som räknas upp, lämna dem utanför eller godkänn ändringarna.",
        "The accounting system would refuse or change some of the documents. Correct what is listed, leave them out, or accept the changes.",
    ),
    "billing.not_ready": (
        None, None,
        "Jokin tähän tarvittava on vielä matkalla. Yritä hetken kuluttua uudelleen.",
        "Något som behövs här är ännu på väg. Försök igen om en stund.",
        "Something that this needs is still on its way. Try again in a moment.",
    ),
    "document.not_reversible": (
        "billing", None,
        "Hyvittää voi vain laskun, jonka kirjanpitojärjestelmä on ottanut vastaan. Hyvityslaskua ei voi hyvittää.",
        "Bara en faktura som bokföringssystemet har tagit emot kan krediteras. En kreditfaktura kan inte krediteras.",
        "Only an invoice that the accounting system has accepted can be credited. A credit cannot.",
    ),
    "document.more_than_left": (
        "billing", None,
        "Tositteella ei ole noin paljon hyvitettävää jäljellä. Pienennä lueteltuja määriä.",
        "Så mycket finns inte kvar att kreditera på dokumentet. Minska de kvantiteter som räknas upp.",
        "There is not that much left to credit on the document. Make the listed quantities smaller.",
    ),
    "document.on_its_way": (
        "billing", None,
        "Tosite on kirjanpitojärjestelmässä tai matkalla sinne, joten sitä ei voi enää muuttaa.",
        "Dokumentet finns i bokföringssystemet eller är på väg dit, så det kan inte längre ändras.",
        "The document is in the accounting system or on its way there, so it can no longer be changed.",
    ),
    "document.mixed": (
        "billing", None,
        "Rivit eivät sovi samalle tositteelle: niillä on eri maksaja tai valuutta.",
        "Raderna passar inte på samma dokument: de har olika betalare eller valuta.",
        "These rows cannot stand on one document: they have different payers or currencies.",
    ),
    "document.invalid_row": (
        "workorders", "/rows",
        "Riviä ei voi laskuttaa sellaisenaan. Tarkista sen määrä, hinta ja alennus.",
        "Raden kan inte faktureras som den är. Kontrollera dess kvantitet, pris och rabatt.",
        "The row cannot be billed as it is. Check its quantity, price and discount.",
    ),
    "attachment.invalid": (
        "billing", "/file",
        "Tiedostoa ei voi liittää tositteeseen. Katso sallitut tiedostomuodot ja koot.",
        "Filen kan inte bifogas dokumentet. Se vilka filformat och storlekar som är tillåtna.",
        "This file cannot go with the document. See which kinds and sizes are allowed.",
    ),
    "attachment.name_taken": (
        "billing", "/file",
        "Tositteella on jo toinen samanniminen tiedosto. Anna tiedostolle toinen nimi.",
        "Dokumentet har redan en annan fil med samma namn. Ge filen ett annat namn.",
        "The document has another file of this name already. Give the file another name.",
    ),
    "ledger.not_in_bucket": (
        "billing", None,
        "Riviä ei ole enää niin paljon tässä tilassa. Lataa tiedot uudelleen.",
        "Så mycket av raden finns inte längre i detta tillstånd. Läs in uppgifterna på nytt.",
        "The row does not have that much in this state any more. Load the data again.",
    ),
    "ledger.broken": (
        "billing", None,
        "Laskutettavan rivin määrät eivät täsmää. Ilmoita ylläpidolle.",
        "Kvantiteterna på en fakturerbar rad stämmer inte. Meddela underhållet.",
        "The quantities of a billable row do not add up. Tell your operator.",
    ),
}
