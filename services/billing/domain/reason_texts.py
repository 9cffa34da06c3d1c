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
    # --- Netvisor ---
    "netvisor.authentication_failed": _CREDENTIALS,
    "netvisor.service_access_error": _NO_RIGHT,
    "netvisor.invalid_data": _CONTENT,
    "netvisor.invalid_data_size": (
        "billing", None,
        "Tosite on liian suuri Netvisorille. Jaa se pienempiin laskuihin.",
        "Dokumentet är för stort för Netvisor. Dela upp det i mindre fakturor.",
        "The document is larger than Netvisor accepts. Divide it into smaller invoices.",
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
    "netvisor.vat_number_missing": _VAT_NUMBER,
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
