"""The catalogue of reasons: code → (owner, field, Finnish, Swedish, English).

owner  None: whoever owns the field that the outcome points at. field: pointer into the owner's record, None: as told by
the outcome. Every code that a rule of ours or an adapter of ours can give has a line here; a test looks for them in the
sources. A text says what is wrong and what to do about it, to somebody who bills and does not program.
"""

# ruff: noqa: E501 (a text is one line, so that the three languages stand below one another)
# fmt: off

from collections.abc import Mapping

Entry = tuple[str | None, str | None, str, str, str]

_NO_LINES = (
    "billing", None,
    "Tositteella ei ole yhtään riviä. Poista se laskutuksesta ja laskuta rivit uudelleen.",
    "Dokumentet har inga rader. Ta bort det från faktureringen och fakturera raderna på nytt.",
    "The document has no lines. Take it out of billing and bill the rows again.",
)
_CUSTOMER_NUMBER = (
    "customers", "/number",
    "Maksajalta puuttuu asiakasnumero. Lisää se asiakkaan tietoihin ja yritä uudelleen.",
    "Betalaren saknar kundnummer. Lägg till det i kunduppgifterna och försök igen.",
    "The payer has no customer number. Add it to the customer and try again.",
)
_VAT_NUMBER = (
    "customers", "/vat_number",
    "Käännetty verovelvollisuus vaatii ostajan alv-numeron tai Y-tunnuksen. Lisää se asiakkaan tietoihin.",
    "Omvänd skattskyldighet kräver köparens momsnummer eller FO-nummer. Lägg till det i kunduppgifterna.",
    "Reverse charge needs the buyer's VAT number or business ID. Add it to the customer.",
)
_PRODUCT_CODE = (
    "catalog", "/code",
    "Tuotekoodi puuttuu tai on liian pitkä kirjanpitojärjestelmälle. Korjaa tuotteen koodi.",
    "Produktkoden saknas eller är för lång för bokföringssystemet. Rätta produktens kod.",
    "The product code is missing or too long for the accounting system. Correct the product's code.",
)
_CREDENTIALS = (
    "connection", "/secrets",
    "Kirjanpitojärjestelmä ei hyväksynyt yhteyden tunnuksia. Tarkista tunnukset ja avaimet yhteyden asetuksista.",
    "Bokföringssystemet godkände inte anslutningens uppgifter. Kontrollera koder och nycklar i anslutningens inställningar.",
    "The accounting system did not accept the credentials of the connection. Check identifiers and keys in its settings.",
)
_NO_RIGHT = (
    "target", None,
    "Yhteyden käyttäjällä ei ole oikeutta tähän toimintoon. Anna oikeus kirjanpitojärjestelmässä.",
    "Anslutningens användare har inte rätt till denna funktion. Ge rätten i bokföringssystemet.",
    "The user of the connection has no right to this function. Give the right in the accounting system.",
)
_CONTENT = (
    None, None,
    "Kirjanpitojärjestelmä ei hyväksynyt tositteen sisältöä. Katso sen oma selitys, korjaa kenttä ja yritä uudelleen.",
    "Bokföringssystemet godkände inte dokumentets innehåll. Se dess egen förklaring, rätta fältet och försök igen.",
    "The accounting system did not accept the content of the document. Read its own words, correct the field and try again.",
)
_FOLLOW_UP = (
    "target", None,
    "Tosite on perillä, mutta sen viimeistely kirjanpitojärjestelmässä ei onnistunut. Katso syy, tee se siellä tai yritä uudelleen.",
    "Dokumentet är framme, men det som skulle göras för det i bokföringssystemet lyckades inte. Se orsaken, gör det där eller försök igen.",
    "The document has arrived, but what was to be done for it in the accounting system failed. See why, do it there or try again.",
)
_EXISTS = (
    "target", None,
    "Kirjanpitojärjestelmässä on jo samalla tunnuksella oleva tieto. Tarkista se siellä ennen uutta yritystä.",
    "I bokföringssystemet finns redan en uppgift med samma kod. Kontrollera den där innan du försöker igen.",
    "The accounting system already has something with the same identifier. Look at it there before you try again.",
)
_EINVOICE_ADDRESS = (
    "customers", "/einvoice_address",
    "Verkkolasku vaatii asiakkaan verkkolaskuosoitteen. Lisää se asiakkaan tietoihin.",
    "En e-faktura kräver kundens e-fakturaadress. Lägg till den i kunduppgifterna.",
    "An e-invoice needs the customer's e-invoice address. Add it to the customer.",
)
_EINVOICE_OPERATOR = (
    "customers", "/einvoice_operator",
    "Verkkolasku vaatii asiakkaan verkkolaskuoperaattorin. Lisää se asiakkaan tietoihin.",
    "En e-faktura kräver kundens e-fakturaoperatör. Lägg till den i kunduppgifterna.",
    "An e-invoice needs the operator of the customer's e-invoice address. Add it to the customer.",
)
_ADDRESS = (
    "customers", None,
    "Asiakkaan laskutusosoite on vajaa: katuosoite, postinumero ja postitoimipaikka tarvitaan.",
    "Kundens faktureringsadress är ofullständig: gatuadress, postnummer och postort behövs.",
    "The customer's billing address is not complete: street, postal code and town are needed.",
)
_COUNTRY = (
    "customers", "/billing_address/country",
    "Asiakkaan maakoodi ei kelpaa. Käytä kaksikirjaimista koodia, esimerkiksi FI.",
    "Kundens landskod duger inte. Använd en kod med två bokstäver, till exempel FI.",
    "The customer's country is not accepted. Use a code of two letters, such as FI.",
)
_NAME = (
    "customers", "/name",
    "Maksajan nimi puuttuu tai on liian lyhyt. Korjaa nimi asiakkaan tietoihin.",
    "Betalarens namn saknas eller är för kort. Rätta namnet i kunduppgifterna.",
    "The payer's name is missing or too short. Correct it in the customer's data.",
)
_UNIT = (
    "catalog", "/unit",
    "Rivin yksiköllä ei ole vastinetta kohdejärjestelmässä. Vaihda tuotteen yksikkö tai lisää vastaavuus yhteyden asetuksiin.",
    "Radens enhet har ingen motsvarighet i målsystemet. Byt produktens enhet eller lägg till motsvarigheten i anslutningens inställningar.",
    "The unit of the line has no counterpart in the target. Change the product's unit or map it in the connection's settings.",
)
_TOO_LONG = (
    None, None,
    "Tieto on liian pitkä kohdejärjestelmälle, ja se lyhennetään lähetettäessä.",
    "Uppgiften är för lång för målsystemet och förkortas när den sänds.",
    "The text is too long for the target and will be shortened when it is sent.",
)

REASONS: Mapping[str, Entry] = {
    # --- ours ---
    "billing.fee_not_known": (
        "catalog", "/list_price",
        "Laskutuslisä jää pois: sen tuotetta tai hintaa ei tunneta. Anna tuotteelle listahinta tai säännölle hinta.",
        "Faktureringsavgiften blir borta: dess produkt eller pris är inte känt. Ge produkten ett listpris eller regeln ett pris.",
        "The invoicing fee is left out: its product or price is not known. Give the product a list price, or the rule a price.",
    ),
    "payer.name_missing": _NAME,
    "payer.number_missing": _CUSTOMER_NUMBER,
    "payer.vat_number_missing": _VAT_NUMBER,
    "target.not_reached": (
        "target", None,
        "Kirjanpitojärjestelmään ei saatu yhteyttä monesta yrityksestä huolimatta. Tositetta ei ole lähetetty. Tarkista yhteys ja yritä uudelleen.",
        "Bokföringssystemet kunde inte nås trots många försök. Dokumentet har inte sänts. Kontrollera anslutningen och försök igen.",
        "The accounting system could not be reached in many attempts. The document was not sent. Check the connection and try again.",
    ),
    "target.adapter_failed": (
        "billing", None,
        "Tositetta ei voitu muodostaa ohjelmavirheen vuoksi. Ilmoita ylläpidolle; tositetta ei ole lähetetty.",
        "Dokumentet kunde inte skapas på grund av ett programfel. Meddela underhållet; dokumentet har inte sänts.",
        "The document could not be made because of a fault in the program. Tell your operator; it was not sent.",
    ),
    "target.refused": _CONTENT,
    "connection.unusable": (
        "connection", None,
        "Yhteyttä ei voi käyttää: sen asetukset tai salaisuudet eivät kelpaa. Tarkista ne ja kokeile yhteyttä.",
        "Anslutningen kan inte användas: dess inställningar eller hemligheter duger inte. Kontrollera dem och testa anslutningen.",
        "The connection cannot be used: its settings or secrets are not right. Check them and test the connection.",
    ),
    "skipped": (
        "billing", None,
        "Tositetta ei lähetetä: joku päätti niin, tai sen laskutus purettiin.",
        "Dokumentet sänds inte: någon beslöt så, eller så togs dess fakturering tillbaka.",
        "The document is not sent: somebody decided so, or its billing was undone.",
    ),
    "dispatch.redirected": (
        "billing", None,
        "Tosite lähetetään toisen yhteyden kautta.",
        "Dokumentet sänds via en annan anslutning.",
        "The document is sent over another connection.",
    ),
    "dispatch.not_sent": (
        None, None,
        "Tositetta ei saatu lähetettyä. Sitä yritetään itsestään uudelleen; sinun ei tarvitse tehdä mitään.",
        "Dokumentet kunde inte sändas. Det försöks igen av sig självt; du behöver inte göra något.",
        "The document could not be sent. It is tried again by itself; nothing needs to be done.",
    ),
    "dispatch.unclear": (
        None, None,
        "Ei tiedetä, ehtikö tosite perille. Kirjanpitojärjestelmältä kysytään ennen uutta lähetystä; älä lähetä sitä käsin.",
        "Det är inte känt om dokumentet kom fram. Bokföringssystemet tillfrågas före en ny sändning; sänd det inte för hand.",
        "It is not known whether the document arrived. The accounting system is asked before it is sent again; do not send it by hand.",
    ),
    "dispatch.needs_person": (
        "target", None,
        "Ei saatu selville, onko tosite kirjanpitojärjestelmässä. Etsi se sieltä ja kerro, löytyikö se.",
        "Det gick inte att få veta om dokumentet finns i bokföringssystemet. Sök det där och berätta om det fanns.",
        "It could not be found out whether the accounting system has the document. Look for it there and say what you found.",
    ),
    "dispatch.totals_differ": (
        "target", None,
        "Kirjanpitojärjestelmän summa poikkeaa meidän summastamme. Vertaa tositteita ja korjaa ero ennen laskun lähettämistä.",
        "Bokföringssystemets summa avviker från vår. Jämför dokumenten och rätta skillnaden innan fakturan sänds.",
        "The accounting system shows another total than ours. Compare the documents and correct the difference before the invoice is sent.",
    ),
    "dispatch.follow_up_waits": (
        None, None,
        "Tosite on perillä, mutta sen viimeistely kirjanpitojärjestelmässä on kesken. Sitä yritetään itsestään uudelleen.",
        "Dokumentet är framme, men det återstår något att göra för det i bokföringssystemet. Det försöks igen av sig självt.",
        "The document has arrived, but something is left to do for it in the accounting system. It is tried again by itself.",
    ),
    "dispatch.follow_up_failed": _FOLLOW_UP,
    "target.follow_up_failed": _FOLLOW_UP,
    # --- Netvisor ---
    "netvisor.authentication_failed": _CREDENTIALS,
    "netvisor.service_access_error": _NO_RIGHT,
    "netvisor.invalid_data": _CONTENT,
    "netvisor.invalid_data_size": (
        "billing", None,
        "Tosite on liian suuri Netvisorille. Poista tai pienennä liitteitä, tai jaa se pienempiin laskuihin.",
        "Dokumentet är för stort för Netvisor. Ta bort eller förminska bilagor, eller dela upp det i mindre fakturor.",
        "The document is larger than Netvisor accepts. Remove attachments or make them smaller, or divide it into smaller invoices.",
    ),
    "netvisor.duplicate_data": _EXISTS,
    "netvisor.period_lock": (
        "target", None,
        "Laskun päivän kirjanpitokausi on lukittu Netvisorissa. Avaa kausi siellä, tai ota tosite pois ja laskuta rivit uudella päivällä.",
        "Fakturadatumets bokföringsperiod är låst i Netvisor. Öppna perioden där, eller ta bort dokumentet och fakturera raderna med nytt datum.",
        "The accounting period of the invoice date is locked in Netvisor. Open it there, or take the document out and bill the rows with a new date.",
    ),
    "netvisor.customer_number_missing": _CUSTOMER_NUMBER,
    "netvisor.no_lines": _NO_LINES,
    "netvisor.product_code": _PRODUCT_CODE,
    "netvisor.vat_code_missing": (
        "connection", "/settings/vat_codes",
        "Yhteyden asetuksista puuttuu Netvisorin alv-koodi tälle verokannalle. Lisää se yhteyden asetuksiin.",
        "I anslutningens inställningar saknas Netvisors momskod för denna skattesats. Lägg till den i inställningarna.",
        "The connection's settings name no Netvisor VAT code for this rate. Add it to the settings.",
    ),
    "netvisor.vat_code_rate": (
        "connection", "/settings/vat_codes",
        "Yhteyden asetusten Netvisor-alv-koodi on tarkoitettu verottomalle myynnille, mutta rivillä on veroa. Korjaa koodi asetuksissa.",
        "Anslutningens momskod för Netvisor är avsedd för skattefri försäljning, men raden har moms. Rätta koden i inställningarna.",
        "The connection's VAT code for Netvisor is meant for sales without VAT, but the line has VAT. Correct the code in the settings.",
    ),
    "netvisor.vat_number_missing": _VAT_NUMBER,
    "netvisor.einvoice_address_missing": (
        "customers", "/einvoice_address",
        "Asiakkaan laskut lähtevät verkkolaskuina, mutta verkkolaskuosoite puuttuu, joten Netvisor ei voi lähettää laskua niin. Lisää osoite asiakkaan tietoihin.",
        "Kundens fakturor går som e-fakturor, men e-fakturaadressen saknas, så Netvisor kan inte skicka fakturan så. Lägg till adressen i kunduppgifterna.",
        "The customer's invoices go as e-invoices, but the e-invoice address is missing, so Netvisor cannot send it so. Add the address to the customer.",
    ),
    "netvisor.einvoice_operator_missing": (
        "customers", "/einvoice_operator",
        "Asiakkaan laskut lähtevät verkkolaskuina, mutta välittäjä puuttuu, joten Netvisor ei voi lähettää laskua niin. Lisää välittäjä asiakkaan tietoihin.",
        "Kundens fakturor går som e-fakturor, men operatören saknas, så Netvisor kan inte skicka fakturan så. Lägg till operatören i kunduppgifterna.",
        "The customer's invoices go as e-invoices, but the operator is missing, so Netvisor cannot send it so. Add the operator to the customer.",
    ),
    "netvisor.email_missing": (
        "customers", "/email",
        "Asiakkaan laskut lähtevät sähköpostilla, mutta sähköpostiosoite puuttuu, joten Netvisor ei voi lähettää laskua niin. Lisää se asiakkaan tietoihin.",
        "Kundens fakturor går per e-post, men e-postadressen saknas, så Netvisor kan inte skicka fakturan så. Lägg till den i kunduppgifterna.",
        "The customer's invoices go by e-mail, but the e-mail address is missing, so Netvisor cannot send it so. Add it to the customer.",
    ),
    "netvisor.address_incomplete": _ADDRESS,
    "netvisor.customer_name_missing": _NAME,
    "netvisor.customer_mismatch": (
        "customers", "/number",
        "Netvisorissa tällä asiakasnumerolla on toinen yritys (eri Y-tunnus). Korjaa asiakasnumero tai Y-tunnus meillä tai Netvisorissa.",
        "I Netvisor har ett annat företag (annat FO-nummer) detta kundnummer. Rätta kundnumret eller FO-numret här eller i Netvisor.",
        "In Netvisor another business (another business ID) has this customer number. Correct number or business ID here or in Netvisor.",
    ),
    "netvisor.attachment_type": (
        "billing", None,
        "Liitettä ei voi lähettää Netvisoriin: se ottaa vastaan PDF-tiedostoja, ja tätä kuvaa ei voi muuttaa sellaiseksi. Vaihda liite.",
        "Bilagan kan inte sändas till Netvisor: där tas PDF-filer emot, och bilden kan inte göras till en sådan. Byt bilagan.",
        "The attachment cannot be sent to Netvisor: it takes PDF files, and this picture cannot be made one. Replace the attachment.",
    ),
    "netvisor.credit_not_matched": (
        "target", None,
        "Hyvityslasku on Netvisorissa, mutta sitä ei saatu kohdistettua alkuperäiseen laskuun. Kohdista se Netvisorissa tai yritä uudelleen.",
        "Kreditfakturan finns i Netvisor men kunde inte riktas mot den ursprungliga fakturan. Rikta den i Netvisor eller försök igen.",
        "The credit note is in Netvisor but could not be matched to its invoice. Match it in Netvisor or try again.",
    ),
    "netvisor.nothing_to_pay": (
        "billing", None,
        "Laskulla ei ole maksettavaa. Netvisor ottaa nollalaskun vastaan ja lähettää sen asiakkaalle. Jätä tosite lähettämättä, jos laskua ei tarvita.",
        "Det finns inget att betala. Netvisor tar emot en faktura på noll och skickar den till kunden. Låt bli att sända dokumentet om fakturan inte behövs.",
        "There is nothing to pay. Netvisor takes an invoice of zero and sends it to the customer. Do not send the document if nobody needs it.",
    ),
    "netvisor.original_missing": (
        "target", None,
        "Palautukset ovat suuremmat kuin myynti, eikä alkuperäistä laskua ole nimetty. Netvisoriin tulee hyvityslasku, joka on kohdistettava siellä käsin.",
        "Returerna är större än försäljningen och ingen ursprunglig faktura anges. I Netvisor blir det en kreditfaktura som ska riktas där för hand.",
        "Returns outweigh the sales and no original invoice is named. Netvisor gets a credit note that must be matched there by hand.",
    ),
    "netvisor.postal_code": (
        "customers", "/billing_address/postal_code",
        "Suomalaisen osoitteen postinumerossa on oltava viisi numeroa. Korjaa se asiakkaan tietoihin.",
        "Postnumret i en finländsk adress ska ha fem siffror. Rätta det i kunduppgifterna.",
        "The postal code of a Finnish address has five digits. Correct it in the customer's data.",
    ),
    "netvisor.country": _COUNTRY,
    "netvisor.text_too_long": _TOO_LONG,
    "netvisor.due_date": (
        "customers", "/payment_term_days",
        "Eräpäivä on ennen laskun päivää. Korjaa asiakkaan maksuehto.",
        "Förfallodagen är före fakturadatumet. Rätta kundens betalningsvillkor.",
        "The due date is before the invoice date. Correct the customer's payment term.",
    ),
    # --- Procountor ---
    "procountor.authentication_failed": _CREDENTIALS,
    "procountor.http_400": _CONTENT,
    "procountor.http_403": _NO_RIGHT,
    "procountor.http_404": (
        "target", None,
        "Procountor ei tunne tietoa, johon tosite viittaa. Katso sen oma selitys ja tarkista tieto Procountorissa.",
        "Procountor känner inte till en uppgift som dokumentet hänvisar till. Se dess egen förklaring och kontrollera uppgiften i Procountor.",
        "Procountor does not know something that the document refers to. Read its own words and look in Procountor.",
    ),
    "procountor.http_409": _EXISTS,
    "procountor.http_422": _CONTENT,
    "procountor.no_lines": _NO_LINES,
    "procountor.key": _TOO_LONG,
    "procountor.customer_number_missing": _CUSTOMER_NUMBER,
    "procountor.business_id_missing": (
        "customers", "/business_id",
        "Procountor vaatii yritykseltä Y-tunnuksen. Lisää se asiakkaan tietoihin.",
        "Procountor kräver FO-nummer av ett företag. Lägg till det i kunduppgifterna.",
        "Procountor needs the business ID of a company. Add it to the customer.",
    ),
    "procountor.country": _COUNTRY,
    "procountor.email_missing": (
        "customers", "/email",
        "Sähköpostilasku vaatii asiakkaan sähköpostiosoitteen. Lisää se asiakkaan tietoihin.",
        "En faktura per e-post kräver kundens e-postadress. Lägg till den i kunduppgifterna.",
        "An invoice by e-mail needs the customer's e-mail address. Add it to the customer.",
    ),
    "procountor.einvoice_address_missing": _EINVOICE_ADDRESS,
    "procountor.einvoice_operator_missing": _EINVOICE_OPERATOR,
    "procountor.address_incomplete": _ADDRESS,
    "procountor.product_code": _PRODUCT_CODE,
    "procountor.vat_status_missing": (
        "connection", "/settings/vat_statuses",
        "Yhteyden asetuksista puuttuu Procountorin alv-status tälle verokannalle. Lisää se yhteyden asetuksiin.",
        "I anslutningens inställningar saknas Procountors momsstatus för denna skattesats. Lägg till den i inställningarna.",
        "The connection's settings name no Procountor VAT status for this rate. Add it to the settings.",
    ),
    "procountor.vat_number_missing": _VAT_NUMBER,
    "procountor.customer_inactive": (
        "target", None,
        "Asiakas on poistettu käytöstä Procountorissa. Ota se siellä käyttöön ja yritä uudelleen.",
        "Kunden är inaktiv i Procountor. Aktivera den där och försök igen.",
        "The customer is inactive in Procountor. Make it active there and try again.",
    ),
    "procountor.customer_name_missing": _NAME,
    "procountor.currency": (
        "billing", "/currency",
        "Procountoriin lähetetään vain euromääräisiä tositteita, koska vaihtokurssia ei tunneta. Tee lasku Procountorissa.",
        "Till Procountor skickas bara dokument i euro, eftersom växelkursen inte är känd. Gör fakturan i Procountor.",
        "Only documents in euros are sent to Procountor, since the exchange rate is not known. Make the invoice in Procountor.",
    ),
    "procountor.einvoice_address_form": (
        "customers", "/einvoice_address",
        "Verkkolaskuosoite ei ole OVT-tunnus eikä IBAN, joten Procountor voi hylätä laskun. Tarkista osoite.",
        "E-fakturaadressen är varken ett OVT-nummer eller ett IBAN, så Procountor kan avvisa fakturan. Kontrollera adressen.",
        "The e-invoice address is neither an OVT code nor an IBAN, so Procountor may refuse the invoice. Check the address.",
    ),
    "procountor.customer_number_characters": (
        "customers", "/number",
        "Asiakasnumerossa on merkkejä, joita Procountor ei tunne. Korjaa numero asiakkaan tietoihin.",
        "Kundnumret har tecken som Procountor inte känner till. Rätta numret i kunduppgifterna.",
        "The customer number has characters that Procountor does not know. Correct the customer's number.",
    ),
    "procountor.totals_differ": (
        "target", None,
        "Procountor laskee laskulle toisen loppusumman, joten sitä ei hyväksytä eikä lähetetä itsestään. Tarkista lasku ja hyväksy se Procountorissa.",
        "Procountor räknar en annan slutsumma för fakturan, så den godkänns eller skickas inte av sig själv. Kontrollera och godkänn den i Procountor.",
        "Procountor computes another total for the invoice, so it is not approved or sent by itself. Check it and approve it in Procountor.",
    ),
    "procountor.customer_of_another_business": (
        "customers", "/business_id",
        "Procountorissa asiakasnumero kuuluu toiselle Y-tunnukselle. Tarkista asiakkaan numero ja Y-tunnus täällä ja Procountorissa ja korjaa väärä.",
        "I Procountor hör kundnumret till ett annat FO-nummer. Kontrollera kundens nummer och FO-nummer här och i Procountor och rätta det som är fel.",
        "In Procountor the customer number belongs to another business ID. Check number and business ID here and in Procountor and correct what is wrong.",
    ),
    "procountor.credits_not_enabled": (
        "connection", "/settings/negative_credits",
        "Hyvityslaskujen lähettäminen Procountoriin ei ole käytössä. Tee hyvitys Procountorissa tai salli negatiiviset rivit yhteyden asetuksissa.",
        "Kreditfakturor skickas inte till Procountor. Gör krediten i Procountor eller tillåt negativa rader i anslutningens inställningar.",
        "Sending credits to Procountor is not in use. Make the credit in Procountor or allow negative rows in the connection's settings.",
    ),
    "procountor.nothing_to_pay": (
        "billing", None,
        "Laskulla ei ole maksettavaa. Procountorin tavasta käsitellä nollalasku ei ole tietoa: tarkista lasku siellä tai jätä tosite lähettämättä.",
        "Det finns inget att betala. Det är inte känt hur Procountor hanterar en faktura på noll: kontrollera den där eller låt bli att sända dokumentet.",
        "There is nothing to pay. How Procountor treats an invoice of zero is not known: check it there, or do not send the document.",
    ),
    "procountor.original_missing": (
        "target", None,
        "Palautukset ovat suuremmat kuin myynti, eikä alkuperäistä laskua ole nimetty. Procountoriin tulee negatiivinen lasku, joka on tarkistettava ja kohdistettava siellä.",
        "Returerna är större än försäljningen och ingen ursprunglig faktura anges. I Procountor blir det en negativ faktura som ska kontrolleras och riktas där.",
        "Returns outweigh the sales and no original invoice is named. Procountor gets a negative invoice that must be checked and matched there.",
    ),
    "procountor.vat_percent_not_offered": (
        "target", None,
        "Verokanta ei ole käytössä yrityksellä Procountorissa. Ota se siellä käyttöön tai korjaa tuotteen veroluokka.",
        "Momssatsen används inte av företaget i Procountor. Ta den i bruk där eller rätta produktens momsklass.",
        "The company does not use this VAT rate in Procountor. Take it into use there or correct the product's VAT class.",
    ),
    "procountor.vat_status_not_offered": (
        "connection", "/settings/vat_statuses",
        "Yhteyden asetuksissa oleva alv-status ei ole käytössä yrityksellä Procountorissa. Korjaa yhteyden asetukset.",
        "Momsstatusen i anslutningens inställningar används inte av företaget i Procountor. Rätta anslutningens inställningar.",
        "The company does not use the VAT status of the connection's settings in Procountor. Correct the settings.",
    ),
    "procountor.attachment_too_large": (
        "billing", None,
        "Liite on suurempi kuin Procountorin raja, 10 megatavua. Pienennä tai poista se.",
        "Bilagan är större än Procountors gräns, 10 megabyte. Gör den mindre eller ta bort den.",
        "The attachment is larger than Procountor's limit of 10 megabytes. Make it smaller or remove it.",
    ),
    "procountor.not_approved": (
        "target", None,
        "Lasku on palautettu Procountorissa keskeneräiseksi, joten sitä ei lähetetä. Hyväksy se Procountorissa ja yritä uudelleen.",
        "Fakturan har återställts till oavslutad i Procountor och skickas därför inte. Godkänn den i Procountor och försök igen.",
        "The invoice was set back to unfinished in Procountor, so it is not sent. Approve it in Procountor and try again.",
    ),
    "procountor.invoice_gone": (
        "target", None,
        "Lasku on mitätöity tai poistettu Procountorissa. Selvitä syy Procountorissa.",
        "Fakturan har makulerats eller tagits bort i Procountor. Ta reda på orsaken i Procountor.",
        "The invoice was invalidated or deleted in Procountor. Find out why in Procountor.",
    ),
    "procountor.another_invoice": (
        "billing", None,
        "Procountorin lasku, joka tositteelle on nimetty, on jokin toinen. Tarkista laskun tunniste.",
        "Fakturan i Procountor som har angetts för dokumentet är en annan. Kontrollera fakturans id.",
        "The invoice in Procountor that was named for the document is another one. Check the invoice's id.",
    ),
    "procountor.receipt_missing": (
        "target", None,
        "Laskulla ei ole tositetta Procountorin kirjanpidossa, joten seurantakohteita ei voi kirjata. Kirjaa ne Procountorissa.",
        "Fakturan har inget verifikat i Procountors bokföring, så dimensionerna kan inte skrivas. Skriv in dem i Procountor.",
        "The invoice has no ledger receipt in Procountor, so dimensions cannot be written. Enter them in Procountor.",
    ),
    "procountor.receipt_rows": (
        "target", None,
        "Kirjanpitotositteen viennit eivät vastaa laskun rivejä, joten seurantakohteita ei voi kohdistaa. Kirjaa ne Procountorissa.",
        "Verifikatets konteringar motsvarar inte fakturans rader, så dimensionerna kan inte riktas. Skriv in dem i Procountor.",
        "The entries of the ledger receipt do not match the invoice's rows, so dimensions cannot be placed. Enter them in Procountor.",
    ),
    "procountor.dimension_missing": (
        "connection", "/settings/dimensions",
        "Procountorissa ei ole yhteyden asetuksissa nimettyä seurantakohdetta. Korjaa yhteyden asetukset.",
        "Dimensionen i anslutningens inställningar finns inte i Procountor. Rätta anslutningens inställningar.",
        "Procountor has no dimension of the name in the connection's settings. Correct the settings.",
    ),
    "procountor.dimension_item_missing": (
        "connection", "/settings/dimensions",
        "Seurantakohteen arvoa ei ole Procountorissa tai se ei ole käytössä. Lisää se siellä tai yhteyden asetuksiin ja yritä uudelleen.",
        "Dimensionens värde finns inte i Procountor eller är inaktivt. Lägg till det där eller i anslutningens inställningar och försök igen.",
        "The dimension's item is missing or inactive in Procountor. Add it there or to the connection's settings and try again.",
    ),
    "procountor.due_date": (
        "customers", "/payment_term_days",
        "Eräpäivän on oltava 0–999 päivää laskun päivän jälkeen. Korjaa asiakkaan maksuehto.",
        "Förfallodagen ska vara 0–999 dagar efter fakturadatumet. Rätta kundens betalningsvillkor.",
        "The due date must be 0–999 days after the invoice date. Correct the customer's payment term.",
    ),
    "procountor.unit_unknown": _UNIT,
    "procountor.characters_replaced": (
        None, None,
        "Tekstissä on merkkejä, joita Procountor ei tunne. Ne korvataan lähimmällä kirjoitustavalla.",
        "Texten har tecken som Procountor inte känner till. De ersätts med närmaste skrivsätt.",
        "The text has characters that Procountor does not know. They are replaced by the nearest writing.",
    ),
    "procountor.text_too_long": _TOO_LONG,
    # --- e-invoices ---
    "einvoice.no_lines": _NO_LINES,
    "excel.no_lines": _NO_LINES,
    "webhook.no_lines": _NO_LINES,
    "einvoice.original_number_missing": (
        "billing", None,
        "Hyvityslaskun on nimettävä alkuperäinen lasku, eikä sen numero ole tiedossa. Tee hyvitys kirjanpitojärjestelmässä.",
        "En kreditfaktura ska nämna den ursprungliga fakturan, vars nummer inte är känt. Gör krediteringen i bokföringssystemet.",
        "A credit note must name the original invoice, whose number is not known. Write the credit in the accounting system.",
    ),
    "einvoice.original_missing": (
        "billing", None,
        "Palautukset ovat suuremmat kuin myynti, joten tositteesta tulee hyvityslasku ilman alkuperäistä laskua, joka laissa vaaditaan. Hyvitä alkuperäinen lasku tai laskuta rivit muun työn kanssa.",
        "Returerna är större än försäljningen, så det blir en kreditfaktura utan den ursprungliga faktura som lagen kräver. Kreditera den ursprungliga fakturan eller fakturera raderna med annat arbete.",
        "Returns outweigh the sales, so this becomes a credit note without the original invoice that the law demands. Credit the original, or bill the rows together with other work.",
    ),
    "einvoice.nothing_to_pay": (
        "billing", None,
        "Laskulla ei ole maksettavaa. Verkkolasku lähtee asiakkaalle nollasummaisena; jätä tosite lähettämättä, jos laskua ei tarvita.",
        "Det finns inget att betala. E-fakturan går till kunden med summan noll; låt bli att sända dokumentet om fakturan inte behövs.",
        "There is nothing to pay. The e-invoice goes to the customer with a total of zero; do not send the document if nobody needs it.",
    ),
    "einvoice.channel_differs": (
        "customers", "/invoice_channel",
        "Asiakkaan laskut lähtevät sähköpostilla tai kirjeenä, mutta tämä yhteys tekee verkkolaskuja. Vaihda laskutustapa asiakkaan tietoihin tai anna asiakkaalle oma yhteys.",
        "Kundens fakturor går per e-post eller brev, men denna anslutning gör e-fakturor. Byt faktureringssätt i kunduppgifterna eller ge kunden en egen anslutning.",
        "The customer's invoices go by e-mail or letter, but this connection makes e-invoices. Change the channel of the customer, or give it a connection of its own.",
    ),
    "einvoice.currency": (
        "billing", "/currency",
        "Tositteen valuuttakoodi ei kelpaa.",
        "Dokumentets valutakod duger inte.",
        "The document's currency code is not accepted.",
    ),
    "einvoice.vat_number_missing": _VAT_NUMBER,
    "einvoice.buyer_name": _NAME,
    "einvoice.buyer_address_missing": _EINVOICE_ADDRESS,
    "einvoice.buyer_street_missing": _ADDRESS,
    "einvoice.buyer_postal_code_missing": _ADDRESS,
    "einvoice.buyer_city_missing": _ADDRESS,
    "einvoice.buyer_country": _COUNTRY,
    "einvoice.unit_unknown": _UNIT,
    "einvoice.text_missing": (
        "catalog", "/name",
        "Rivillä ei ole tekstiä. Lisää tuotteelle nimi tai laskuteksti.",
        "Raden har ingen text. Ge produkten ett namn eller en fakturatext.",
        "A line has no text. Give the product a name or a text for invoices.",
    ),
    "einvoice.vat_category": (
        "billing", None,
        "Rivin verokäsittelyä ei voi ilmaista verkkolaskussa. Ota yhteyttä ylläpitoon.",
        "Radens momsbehandling kan inte uttryckas i en e-faktura. Kontakta underhållet.",
        "The VAT treatment of a line cannot be told in an e-invoice. Tell your operator.",
    ),
    "einvoice.vat_rate": (
        "catalog", "/vat_class",
        "Rivin verokanta ei sovi sen verokäsittelyyn. Tarkista tuotteen veroluokka.",
        "Radens skattesats passar inte dess momsbehandling. Kontrollera produktens momsklass.",
        "The VAT rate of a line does not fit its treatment. Check the product's VAT class.",
    ),
    "einvoice.totals_differ": (
        "billing", None,
        "Tiedoston summat poikkeavat tositteen summista, joten sitä ei lähetetä. Ilmoita ylläpidolle.",
        "Filens summor avviker från dokumentets, så den sänds inte. Meddela underhållet.",
        "The sums of the file differ from the document's, so it is not sent. Tell your operator.",
    ),
    "einvoice.not_readable": (
        "billing", None,
        "Valmisteltua tiedostoa ei voi lukea. Yritä uudelleen.",
        "Den förberedda filen kan inte läsas. Försök igen.",
        "The file that was prepared cannot be read. Try again.",
    ),
    "einvoice.endpoint_refused": (
        None, None,
        "Verkkolaskuoperaattori tai vastaanottaja ei hyväksynyt laskua. Katso sen oma selitys, korjaa tieto ja yritä uudelleen.",
        "E-fakturaoperatören eller mottagaren godkände inte fakturan. Se dess egen förklaring, rätta uppgiften och försök igen.",
        "The e-invoice operator or receiver did not accept the invoice. Read its own words, correct the data and try again.",
    ),
    "einvoice.texts_fitted": _TOO_LONG,
    "einvoice.text_shortened": _TOO_LONG,
    "einvoice.characters_lost": (
        None, None,
        "Tekstissä on merkkejä, joita laskumuoto ei tunne. Niiden tilalle tulee kysymysmerkki.",
        "Texten har tecken som fakturaformatet inte har. I stället för dem kommer ett frågetecken.",
        "The text has characters that the invoice format lacks. A question mark will stand for each.",
    ),
    "einvoice.attachments_left_out": (
        "billing", None,
        "Finvoice-lasku lähtee ilman liitteitä. Toimita ne muulla tavalla tai lähetä lasku toisella yhteydellä.",
        "Finvoice-fakturan går utan bilagor. Leverera dem på annat sätt eller skicka fakturan över en annan anslutning.",
        "The Finvoice goes without its files. Deliver them in another way, or send the invoice over another connection.",
    ),
    "finvoice.buyer_operator_missing": _EINVOICE_OPERATOR,
    "finvoice.identifier_too_long": (
        None, None,
        "Tunnus on liian pitkä Finvoice-laskulle, eikä tunnusta voi lyhentää. Korjaa se lyhyemmäksi.",
        "Koden är för lång för en Finvoice-faktura och kan inte förkortas. Gör den kortare.",
        "An identifier is too long for Finvoice and cannot be shortened. Make it shorter.",
    ),
    "finvoice.quantity_too_long": (
        "workorders", "/rows",
        "Rivin määrässä on liian monta numeroa Finvoice-laskulle. Jaa rivi pienempiin.",
        "Radens kvantitet har för många siffror för en Finvoice-faktura. Dela upp raden.",
        "The quantity of a line has too many digits for Finvoice. Divide the line.",
    ),
    # --- what dispatches wait for ---
    "connection.paused": (
        "connection", "/secrets",
        "Yhteys odottaa korjausta: kirjanpitojärjestelmä ei hyväksynyt sen tunnuksia. Korjaa tunnukset tai jatka yhteyden käyttöä.",
        "Anslutningen väntar på rättelse: bokföringssystemet godkände inte dess uppgifter. Rätta dem eller återuppta anslutningen.",
        "The connection waits for a person: the accounting system did not accept its credentials. Correct them, or resume it.",
    ),
    "connection.inactive": (
        "connection", "/active",
        "Yhteys ei ole käytössä. Ota se käyttöön tai lähetä tosite toisella yhteydellä.",
        "Anslutningen är inte i bruk. Ta den i bruk eller skicka dokumentet över en annan anslutning.",
        "The connection is not in use. Take it into use, or send the document over another one.",
    ),
    "connection.circuit_open": (
        "target", None,
        "Kirjanpitojärjestelmä ei ole vastannut. Siirtoja jatketaan itsestään ilmoitetun ajan jälkeen.",
        "Bokföringssystemet har inte svarat. Överföringen fortsätter av sig själv efter den angivna tiden.",
        "The accounting system did not answer. Transfers go on by themselves after the time that is told.",
    ),
    "connection.busy": (
        "billing", None,
        "Yhteydellä siirretään parhaillaan muuta. Tämä tosite on jonossa.",
        "Över anslutningen överförs just nu annat. Detta dokument står i kö.",
        "Something else is being transferred over the connection. This document is in the queue.",
    ),
    "dispatch.call_open": (
        "billing", None,
        "Tositetta siirretään parhaillaan. Jos siirto on katkennut, kirjanpitojärjestelmältä kysytään ilmoitetun ajan jälkeen.",
        "Dokumentet överförs just nu. Om överföringen har avbrutits frågas bokföringssystemet efter den angivna tiden.",
        "The document is being transferred. If that was interrupted, the accounting system is asked after the time that is told.",
    ),
    "dispatch.behind_call": (
        "billing", None,
        "Samalla yhteydellä on kesken toinen siirto. Tämä tosite pääsee jatkamaan viimeistään ilmoitetun ajan jälkeen.",
        "Över samma anslutning pågår en annan överföring. Detta dokument kommer i tur senast efter den angivna tiden.",
        "Another transfer over the same connection has not ended. This document goes on at the latest after the time that is told.",
    ),
    # --- files for people ---
    "excel.key": (
        "billing", None,
        "Tositteen tunnus ei kelpaa tiedoston nimeen. Ota yhteyttä ylläpitoon.",
        "Dokumentets kod duger inte som filnamn. Kontakta underhållet.",
        "The key of the document cannot be part of a file name. Tell your operator.",
    ),
    "excel.too_many_files": (
        "target", None,
        "Kansiossa on liian monta samannimistä tiedostoa, joissa on eri sarakkeet. Siirrä vanhat tiedostot pois ja yritä uudelleen.",
        "Mappen har för många filer med samma namn men andra kolumner. Flytta bort gamla filer och försök igen.",
        "The folder has too many files of the same name with other columns. Move old files away and try again.",
    ),
    "excel.unreadable_file": (
        "target", None,
        "Kansiossa oleva tiedosto ei ole luettavissa. Siirrä se pois ja yritä uudelleen.",
        "En fil i mappen kan inte läsas. Flytta bort den och försök igen.",
        "A file in the folder cannot be read. Move it away and try again.",
    ),
    # --- webhooks ---
    "webhook.not_accepted": _CONTENT,
    "webhook.not_authenticated": _CREDENTIALS,
    "webhook.wrong_address": (
        "connection", "/settings/url",
        "Yhteyden osoite ei ota vastaan tositteita. Tarkista osoite yhteyden asetuksista.",
        "Anslutningens adress tar inte emot dokument. Kontrollera adressen i anslutningens inställningar.",
        "The address of the connection does not take documents. Check it in the settings.",
    ),
    "webhook.too_large": (
        "billing", None,
        "Tosite on liian suuri vastaanottajalle. Jaa se pienempiin laskuihin.",
        "Dokumentet är för stort för mottagaren. Dela upp det i mindre fakturor.",
        "The document is larger than the receiver takes. Divide it into smaller invoices.",
    ),
    # --- Peppol ---
    "peppol.address_not_ovt": (
        "customers", "/einvoice_address",
        "Asiakkaan verkkolaskuosoite ei ole OVT-tunnus, jota Peppol-verkko vaatii. Korjaa osoite asiakkaan tietoihin.",
        "Kundens e-fakturaadress är inte en OVT-kod som Peppol kräver. Rätta adressen i kunduppgifterna.",
        "The customer's e-invoice address is not the OVT identifier that Peppol needs. Correct it in the customer's data.",
    ),
    "peppol.reference_missing": (
        "workorders", "/references/order_number",
        "Peppol-lasku vaatii ostajan viitteen tai tilausnumeron. Lisää se työmääräimelle.",
        "En Peppol-faktura kräver köparens referens eller beställningsnummer. Lägg till det på arbetsordern.",
        "A Peppol invoice needs the buyer's reference or order number. Add it to the work order.",
    ),
}
